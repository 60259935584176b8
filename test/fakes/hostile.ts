/** Servers that answer as no service should: what they do follows nobody's page. */
import { listen, type Fake } from './listen.ts'

/** Sends whoever comes to another place, with the method and body kept (RFC 9110, 307). */
export function redirecting(to: string, status = 307): Promise<Fake> {
  return listen((request, response) => {
    response.writeHead(status, { location: `${to}${request.url}` }).end()
  })
}

/** Takes the request and never answers. */
export function hanging(): Promise<Fake> {
  return listen(() => {})
}

/** Begins to answer and goes on, a little at a time. */
export function dripping(): Promise<Fake> {
  return listen((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 50)
    response.on('close', () => clearInterval(timer))
  })
}

/** Ten megabytes of JSON, or as many as are taken. */
export function flooding(): Promise<Fake & { sent: () => number }> {
  let sent = 0
  const piece = Buffer.alloc(64 * 1024, ' ')
  const made = listen((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const write = (): void => {
      while (sent < 10 * 1024 * 1024 && !response.destroyed) {
        sent += piece.length
        if (!response.write(piece)) {
          response.once('drain', write)
          return
        }
      }
      response.end('{"ok":true}')
    }
    write()
  })
  return made.then((fake) => ({ ...fake, sent: () => sent }))
}

/** A status and a body that is none of JSON; it repeats the request, as debugging servers do. */
export function garbage(status = 200): Promise<Fake> {
  return listen((request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`{"ok": tru ${JSON.stringify(request.headers)}`)
  })
}
