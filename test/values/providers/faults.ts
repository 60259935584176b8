/**
 * What can go wrong between an HTTP provider and its service, each as a real server on this machine, and
 * what must come of it: the table that every HTTP provider is put through.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createRawServer, type Server as RawServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { SecretRefError } from '../../../src/errors.ts'
import type {
  Failure,
  History,
  LeaseOutcome,
  Outcome,
  PutOutcome,
  Session,
} from '../../../src/values/providers/contract.ts'
import { expectSafe, only } from './conformance.ts'

/** What every body of these servers holds: it must not be seen in any failure. */
const SAID = 'fake-words-of-the-server'

export interface HttpRig {
  /** A session whose service is at that address, and whose own time is `timeoutMs`. */
  open: (address: string, timeoutMs: number, spend?: (calls: number) => boolean) => Promise<Session>
  at: { path: string }
  /** The question; left out: `get` of `at`. */
  ask?: (session: Session) => Promise<Outcome | LeaseOutcome | PutOutcome | History>
  /** True where a failure comes with its code alone, as it does of a list. */
  wordless?: boolean
  /** How often a question is asked that is answered with 500; left out: 3. */
  attempts?: number
  /** How this service says that nothing is there, left out: 404; and what that means, left out: absence. */
  absent?: { status: number; body: string; kind?: Failure['kind'] }
  /** What this service means by an answer that others mean otherwise. */
  means?: Readonly<Record<string, Fault['outcome']>>
}

/** Time enough for three attempts on a machine that does much else; nothing waits for its end. */
const LONG_MS = 20_000
/** For a busy machine to come back to what has ended. */
const GRACE_MS = 3000

type Answer = (response: ServerResponse) => void
/** Called with what is to be done when the test has ended. */
type Later = TestContext['onTestFinished']

interface Fault {
  name: string
  /** The address; what it starts is stopped at the end of the test. */
  serve: (later: Later) => Promise<string>
  outcome: Partial<Extract<Outcome, { code: unknown }>>
}

const FAULTS: readonly Fault[] = [
  {
    name: 'nobody listens',
    serve: async () => 'http://127.0.0.1:1',
    outcome: { kind: 'unavailable', reason: 'unreachable' },
  },
  {
    name: 'a connection and then silence',
    serve: (later) => raw(later, () => {}),
    outcome: { kind: 'unavailable', code: 'TIMEOUT' },
  },
  {
    name: 'an answer that never ends',
    serve: (later) => http(later, (response) => void response.writeHead(200).write('{')),
    outcome: { kind: 'unavailable', code: 'TIMEOUT' },
  },
  {
    name: 'a reset half way',
    serve: (later) =>
      raw(later, (end) => end(`HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"data":"${SAID}`)),
    outcome: { kind: 'unavailable', reason: 'connection-lost' },
  },
  {
    name: '429 without a time',
    serve: (later) => http(later, status(429)),
    outcome: { kind: 'unavailable', reason: 'rate-limited' },
  },
  {
    name: '429 with Retry-After beyond the deadline',
    serve: (later) => http(later, status(429, { 'retry-after': '3600' })),
    outcome: { kind: 'unavailable', reason: 'rate-limited', retryAfterMs: 3_600_000 },
  },
  {
    name: '500',
    serve: (later) => http(later, status(500)),
    outcome: { kind: 'unavailable', reason: 'server-error' },
  },
  {
    name: '503',
    serve: (later) => http(later, status(503)),
    outcome: { kind: 'unavailable', reason: 'sealed' },
  },
  {
    name: 'garbage for JSON',
    serve: (later) => http(later, (response) => void response.end(`<html>${SAID}`)),
    outcome: { kind: 'malformed', code: 'PROVIDER_INVALID' },
  },
  {
    name: 'garbage for HTTP',
    serve: (later) => raw(later, (end) => end(`${SAID}\r\n\r\n`)),
    outcome: { kind: 'unavailable' },
  },
  {
    name: 'another protocol than HTTP, unasked',
    serve: (later) =>
      raw(later, (end) =>
        end('HTTP/1.1 101 Switching Protocols\r\nupgrade: fake\r\nconnection: upgrade\r\n\r\n'),
      ),
    outcome: { kind: 'unavailable', reason: 'connection-lost' },
  },
  {
    name: 'ten megabytes',
    serve: (later) => http(later, (response) => void response.end(SAID.repeat(500_000))),
    outcome: { kind: 'malformed', code: 'PROVIDER_INVALID' },
  },
]

export function withstandsFaults(label: string, rig: HttpRig): void {
  // Nearly all of it is waiting.
  describe.concurrent(`${label}: what can go wrong on the way`, () => {
    test.for(FAULTS)('$name', async ({ name, serve, outcome }, { onTestFinished }) => {
      // Time enough for three attempts; silence is all that is waited for to the end.
      const timeoutMs = outcome.code === 'TIMEOUT' ? 700 : LONG_MS
      const session = await rig.open(await serve(onTestFinished), timeoutMs)
      onTestFinished(() => session.close())
      const started = performance.now()
      const got = await answerOf(rig, session)
      expect(performance.now() - started).toBeLessThan(timeoutMs + GRACE_MS)
      expect(got).toMatchObject(told(rig, rig.means?.[name] ?? outcome))
      expectSafe(got, [Buffer.from(SAID)])
    })

    test('a redirect is not followed: nothing reaches where it leads', async ({
      onTestFinished,
    }) => {
      let reached = 0
      const elsewhere = await http(onTestFinished, (response) => {
        reached += 1
        response.end('{}')
      })
      const address = await http(onTestFinished, status(307, { location: `${elsewhere}/v1/x` }))
      const session = await rig.open(address, LONG_MS)
      onTestFinished(() => session.close())
      const outcome = { kind: 'unavailable', reason: 'redirect' } as const
      expect(await answerOf(rig, session)).toMatchObject(told(rig, outcome))
      expect(reached).toBe(0)
    })

    test('a certificate that is not trusted is final: nobody is sent anything', async ({
      onTestFinished,
    }) => {
      let asked = 0
      const session = await rig.open(await untrusted(onTestFinished, () => (asked += 1)), LONG_MS)
      onTestFinished(() => session.close())
      const outcome = { kind: 'malformed', reason: 'certificate' } as const
      expect(await answerOf(rig, session)).toMatchObject(told(rig, outcome))
      expect(asked).toBe(0)
    })

    test('an outage costs a bounded number of calls, and an empty budget none', async ({
      onTestFinished,
    }) => {
      let asked = 0
      const address = await http(onTestFinished, (response) => {
        asked += 1
        status(500)(response)
      })
      const session = await rig.open(address, LONG_MS)
      onTestFinished(() => session.close())
      await answerOf(rig, session)
      const { attempts = 3 } = rig
      expect(asked).toBe(attempts)
      const frugal = await rig.open(address, LONG_MS, () => false)
      onTestFinished(() => frugal.close())
      const outcome = { kind: 'unavailable', reason: 'budget' } as const
      expect(await answerOf(rig, frugal)).toMatchObject(told(rig, outcome))
      expect(asked).toBe(attempts)
    })

    test('a pause that the deadline would end is not begun: the chain goes on at once', async ({
      onTestFinished,
    }) => {
      let asked = 0
      const address = await http(onTestFinished, (response) => {
        asked += 1
        status(429, { 'retry-after': '60' })(response)
      })
      const session = await rig.open(address, LONG_MS)
      onTestFinished(() => session.close())
      const started = performance.now()
      const outcome = { kind: 'unavailable', reason: 'rate-limited', retryAfterMs: 60_000 } as const
      expect(await answerOf(rig, session)).toMatchObject(told(rig, outcome))
      expect(performance.now() - started).toBeLessThan(LONG_MS / 2)
      expect(asked).toBe(1)
    })

    test('a short outage inside the deadline is waited out, as long as the service says', async ({
      onTestFinished,
    }) => {
      let asked = 0
      const { absent = { status: 404, body: '{"errors":[]}' } } = rig
      const times: number[] = []
      const address = await http(onTestFinished, (response) => {
        times.push(performance.now())
        asked += 1
        if (asked === 1) status(429, { 'retry-after': '1' })(response)
        else response.writeHead(absent.status).end(absent.body)
      })
      const session = await rig.open(address, LONG_MS)
      onTestFinished(() => session.close())
      const { kind = 'absent' } = absent
      expect(await answerOf(rig, session)).toMatchObject({ kind })
      const [first = 0, second = 0] = times
      expect(second - first).toBeGreaterThanOrEqual(990)
    })
  })
}

function told({ wordless = false }: HttpRig, { kind, code, ...rest }: Fault['outcome']): object {
  const about = { ...(kind && { kind }), ...(code && { code }) }
  return wordless ? about : { ...about, ...rest }
}

/** Asks for all names; what is thrown as an error becomes the failure that it stands for. */
export async function listed(session: Session): Promise<Outcome | LeaseOutcome> {
  try {
    for await (const _ of session.list?.('') ?? []) continue
    return { kind: 'ok' }
  } catch (error) {
    if (!(error instanceof SecretRefError)) throw error
    const { code } = error
    if (code === 'PROVIDER_UNAVAILABLE' || code === 'TIMEOUT') return { kind: 'unavailable', code }
    return { kind: code === 'PROVIDER_DENIED' ? 'denied' : 'malformed', code }
  }
}

/** A failure, which is what each of these servers must come to. */
async function answerOf(rig: HttpRig, session: Session): Promise<Failure> {
  const outcome = await (rig.ask?.(session) ?? only(session, rig.at))
  if ('code' in outcome) return outcome
  throw new Error(`no failure: ${outcome.kind}`)
}

function status(code: number, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(code, headers).end(`{"errors":["${SAID}"]}`)
}

function http(later: Later, answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('error', () => {})
    answer(response)
  })
  return listening(later, server, 'http', () => server.closeAllConnections())
}

/** @param say is called with a function that writes and breaks the connection off */
function raw(later: Later, say: (end: (text: string) => void) => void): Promise<string> {
  const sockets = new Set<{ destroy(): void }>()
  const server = createRawServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => say((text) => socket.write(text, () => socket.resetAndDestroy())))
  })
  return listening(later, server, 'http', () => {
    for (const socket of sockets) socket.destroy()
  })
}

function untrusted(later: Later, asked: () => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'secretref-tls-'))
  later(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1'
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', key, '-out', cert]
  execFileSync('openssl', [...words.split(' '), ...names, ...files], { stdio: 'ignore' })
  const server = createSecureServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (_request, response) => {
      asked()
      response.end('{}')
    },
  )
  return listening(later, server, 'https', () => server.closeAllConnections())
}

function listening(
  later: Later,
  server: Server | RawServer,
  scheme: string,
  drop: () => void,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    resolve(`${scheme}://127.0.0.1:${port}`)
  })
  later(async () => {
    drop()
    const { promise: closed, resolve: done } = Promise.withResolvers<void>()
    server.close(() => done())
    await closed
  })
  return promise
}
