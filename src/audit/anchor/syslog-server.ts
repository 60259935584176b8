/** A syslog server: RFC 5424 over UDP (RFC 5426) or TCP with octet counting (RFC 6587, 3.4.1). */
import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { syslogMessage } from './line.ts'
import type { SyslogAddress } from './parse.ts'

/** How long a refusal of the host itself (ICMP) may take. UDP knows no other answer. */
const REFUSAL_MS = 100

export async function tellSyslogServer(
  { transport, host, port }: SyslogAddress,
  note: string,
  signal: AbortSignal,
): Promise<void> {
  const message = Buffer.from(syslogMessage(note, hostname(), new Date()))
  const { address, family } = await lookup(host)
  signal.throwIfAborted()
  if (transport === 'udp') await overUdp(message, address, family, port, signal)
  else await overTcp(message, address, port, signal)
}

/** Says nothing of whether anybody took it, unless the host itself refuses. */
async function overUdp(
  message: Buffer,
  address: string,
  family: number,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', signal })
  const failed = once(socket, 'error').then(([error]) => {
    throw error
  })
  try {
    socket.connect(port, address)
    await Promise.race([once(socket, 'connect'), failed])
    socket.send(message)
    await Promise.race([pause(REFUSAL_MS), failed])
  } finally {
    failed.catch(nothing)
    socket.close()
  }
}

/**
 * Returns when the server has closed the connection after us, as rsyslog and syslog-ng do when they have
 * read to its end: TCP alone does not say that anybody has read.
 */
async function overTcp(
  message: Buffer,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const socket = connect({ host: address, port, signal })
  // Whatever it says is not for us.
  socket.resume()
  socket.end(Buffer.concat([Buffer.from(`${message.length} `), message]))
  await once(socket, 'close')
}

function nothing(): void {
  // Told where it was waited for, or too late to matter.
}
