/**
 * Signing in by AMQP 0-9-1 (rabbitmq.com/resources/specs/amqp0-9-1.pdf, 2.2.4 and 4.2), and no further: the
 * server says Tune to who was let in. A user of an application is let in here and nowhere else.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { isCertificateError } from '../../../http/request.ts'
import { wipe } from '../../../secret/bytes.ts'
import type { Answer, DriverContext, Trouble } from '../../driver.ts'
import { certificate, tlsFor } from '../database/tls.ts'
import type { Account } from '../database/url.ts'

const TIMEOUT_MS = 10_000
const MAX_FRAME = 128 * 1024

const PROTOCOL = Buffer.from('AMQP\0\0\x09\x01', 'latin1')
const METHOD_FRAME = 1
const FRAME_END = 0xce
const CONNECTION = 10
const [START, START_OK, TUNE, CLOSE] = [10, 11, 30, 50]
const ACCESS_REFUSED = 403
/** The same code stands for a user who may come from the server's own machine only. */
const WRONG = 'ACCESS_REFUSED - Login was refused'

/** @param options what `tlsOptions` describes */
export async function login(
  account: Account,
  options: Readonly<Record<string, unknown>>,
  ctx: Pick<DriverContext, 'signal'>,
): Promise<Answer> {
  const { host, port, secure } = account
  const kept = await tlsFor(options, host, secure)
  if (kept.kind !== 'tls' && kept.kind !== 'clear') return kept
  const socket =
    kept.kind === 'tls' ? connectSecurely({ ...kept.tls, port }) : connect({ host, port })
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const stop = (): void => void socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await once(socket, kept.kind === 'tls' ? 'secureConnect' : 'connect', { signal })
    return await ask(socket, account)
  } catch (error) {
    return isCertificateError(error) ? certificate : unreachable
  } finally {
    signal.removeEventListener('abort', stop)
    socket.on('error', () => {})
    socket.destroy()
  }
}

/** Nothing there changes anything: whatever went wrong, it can be asked again. */
const unreachable: Trouble = {
  kind: 'unavailable',
  code: 'PROVIDER_UNAVAILABLE',
  reason: 'unreachable',
}

async function ask(socket: Socket, account: Account): Promise<Answer> {
  socket.write(PROTOCOL)
  for await (const { method, args } of methodsOf(socket)) {
    if (method === START) sendStartOk(socket, account)
    else if (method === TUNE) return { kind: 'ok' }
    else if (method === CLOSE) return refusalOf(args)
  }
  return unreachable
}

/** Of the class `connection`; what else comes is passed over. */
async function* methodsOf(socket: Socket): AsyncGenerator<{ method: number; args: Buffer }> {
  let held = Buffer.alloc(0)
  for await (const chunk of socket) {
    if (!Buffer.isBuffer(chunk)) continue
    held = Buffer.concat([held, chunk])
    while (held.length >= 7) {
      const size = held.readUInt32BE(3)
      // No AMQP: a frame of it would not be that long.
      if (size > MAX_FRAME) return
      if (held.length < size + 8) break
      const payload = held.subarray(7, 7 + size)
      if (held[0] === METHOD_FRAME && size >= 4 && payload.readUInt16BE(0) === CONNECTION) {
        yield { method: payload.readUInt16BE(2), args: payload.subarray(4) }
      }
      held = held.subarray(size + 8)
    }
  }
}

function sendStartOk(socket: Socket, { user, password }: Account): void {
  // Else a refusal would be a closed line, seconds later.
  const refusal = Buffer.concat([short('authentication_failure_close'), Buffer.from('t\x01')])
  const properties = Buffer.concat([short('capabilities'), Buffer.from('F'), long(refusal)])
  const pair = Buffer.from(`\0${user}\0${password}`)
  const payload = Buffer.concat([
    Buffer.from([0, CONNECTION, 0, START_OK]),
    long(properties),
    short('PLAIN'),
    long(pair),
    short('en_US'),
  ])
  const head = Buffer.alloc(7)
  head[0] = METHOD_FRAME
  head.writeUInt32BE(payload.length, 3)
  socket.write(Buffer.concat([head, payload, Buffer.from([FRAME_END])]))
  wipe(pair, payload)
}

function refusalOf(args: Buffer): Trouble {
  const code = args.length >= 3 ? args.readUInt16BE(0) : 0
  const text = args.subarray(3, 3 + (args[2] ?? 0)).toString('latin1')
  if (code === ACCESS_REFUSED && text.startsWith(WRONG)) {
    return { kind: 'refused', code: 'CREDENTIAL_REJECTED', reason: 'login-denied' }
  }
  if (code === ACCESS_REFUSED) {
    return { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'not-permitted' }
  }
  return { kind: 'refused', code: 'PROVIDER_INVALID', reason: 'bad-answer' }
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)])
}

function long(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
