/** The gateway's end of its control socket. */
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { SecretRefError, errnoOf } from '../../errors.ts'
import { asksForReload, REQUEST_BYTES, VERSION, type Answer } from './message.ts'

/** A client of ours writes its line at once. */
const LINE_MS = 5000
const CONNECTIONS = 16

/**
 * Answers at `path` until the process ends. It keeps no process alive.
 * @returns what closes it and removes the socket
 * @throws STATE_UNAVAILABLE
 */
export async function listen(path: string, reload: () => Promise<Answer>): Promise<() => void> {
  const making = path.replace(/\.sock$/, '.make')
  // What a process that had our pid left behind.
  rmSync(making, { force: true })
  const server = createServer((socket) => hear(socket, reload))
  server.maxConnections = CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new SecretRefError(
          'STATE_UNAVAILABLE',
          `the control socket could not be made (${errnoOf(error) ?? 'no reason known'})`,
          { hint: 'SIGHUP reloads this gateway all the same' },
        ),
      ),
    )
    // The folder shuts others out already (0700), so that nobody comes between.
    server.listen(making, () => resolve())
  })
  chmodSync(making, 0o600)
  // Between bind(2) and listen(2) a socket refuses as a dead one does: it gets its name when it listens.
  renameSync(making, path)
  server.unref()
  return () => {
    server.close()
    rmSync(path, { force: true })
  }
}

function hear(socket: Socket, reload: () => Promise<Answer>): void {
  let text = ''
  let asked = false
  const late = setTimeout(() => socket.destroy(), LINE_MS).unref()
  // Whoever asked may be gone by the time of the answer; the reload is said on our stderr as well.
  socket.on('error', () => socket.destroy())
  socket.on('close', () => clearTimeout(late))
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    if (asked) return
    text += chunk
    const end = text.indexOf('\n')
    if (end === -1 ? text.length > REQUEST_BYTES : end > REQUEST_BYTES) {
      socket.destroy()
      return
    }
    if (end === -1) return
    asked = true
    clearTimeout(late)
    void answer(socket, text.slice(0, end), reload)
  })
}

async function answer(socket: Socket, line: string, reload: () => Promise<Answer>): Promise<void> {
  const said: Answer = asksForReload(line)
    ? await reload()
    : {
        v: VERSION,
        ok: false,
        code: 'USAGE',
        message: 'the gateway does not know this request',
        hint: 'use the version of SecretRef that the gateway runs',
      }
  if (!socket.destroyed) socket.end(`${JSON.stringify(said)}\n`)
}
