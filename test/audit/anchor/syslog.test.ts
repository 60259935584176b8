/** Syslog, with servers that listen, and the note as it is taken back out of a line. */
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { lineOf, syslogMessage } from '../../../src/audit/anchor/line.ts'
import type { SyslogAddress } from '../../../src/audit/anchor/parse.ts'
import { publishCheckpoint, type AnchorFailure } from '../../../src/audit/anchor/publish.ts'
import { tellSyslog } from '../../../src/audit/anchor/syslog.ts'
import { namespace } from '../../process/namespace.ts'
import { until } from '../../process/support.ts'
import { skipLoudly } from '../../values/loud.ts'
import { tempDir } from '../home.ts'

const NOTE = ['log.example/1', '12', 'AAAA', '', '— log.example/1 c2ln', ''].join('\n')
const NEVER = new AbortController().signal
/** RFC 5424, 6: PRI of authpriv.notice, version, time, host, program, no process, kind, no data. */
const MESSAGE =
  /^<85>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]+ secretref - checkpoint - (checkpoint .*)$/

function publish(address: SyslogAddress, timeoutMs = 5000): Promise<readonly AnchorFailure[]> {
  const anchors = [{ type: 'syslog', address } as const]
  return publishCheckpoint(anchors, NOTE, { home: '/', leave: NEVER, timeoutMs })
}

/** As docs/audit.md says it: what follows `note=`, decoded by another program. */
function noteIn(line: string): string {
  return spawnSync('sh', ['-c', `sed -n 's/.* note=//p' | base64 -d`], {
    input: `${line}\n`,
  }).stdout.toString()
}

test('a line holds the note, whole', () => {
  expect(lineOf(NOTE)).toMatch(/^checkpoint size=12 note=[A-Za-z0-9+/=]+$/)
  expect(noteIn(lineOf(NOTE))).toBe(NOTE)
  expect(lineOf('no checkpoint\n')).toMatch(/^checkpoint note=/)
})

test('a host name that the protocol does not allow is left out', () => {
  const now = new Date('2026-11-24T12:00:00.000Z')
  expect(syslogMessage(NOTE, 'host.example', now)).toMatch(
    /^<85>1 2026-11-24T12:00:00.000Z host\.example secretref - /,
  )
  expect(syslogMessage(NOTE, 'a host\n', now)).toContain('12:00:00.000Z - secretref - ')
})

describe('over UDP', () => {
  test('one datagram', async () => {
    const server = createSocket('udp4')
    onTestFinished(() => void server.close())
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const received = once(server, 'message')
    const { port } = server.address()
    expect(await publish({ transport: 'udp', host: '127.0.0.1', port })).toEqual([])
    const [message] = await received
    const [, line = ''] = MESSAGE.exec(String(message)) ?? []
    expect(noteIn(line)).toBe(NOTE)
  })

  test('nobody there: as far as the host says so', async () => {
    const server = createSocket('udp4')
    server.bind(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address()
    server.close()
    expect(await publish({ transport: 'udp', host: '127.0.0.1', port })).toEqual([
      { anchor: `syslog udp://127.0.0.1:${port}`, cause: 'nothing listens there' },
    ])
  })
})

/** A server that does this with every connection. @returns its port */
async function listen(meet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    meet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it has no port')
  return address.port
}

describe('over TCP', () => {
  test('one frame with its length before it, then the end', async () => {
    let text = ''
    const port = await listen((socket) => {
      socket.on('data', (chunk) => (text += chunk.toString()))
      socket.on('end', () => socket.end('noise that nobody asked for'))
    })
    expect(await publish({ transport: 'tcp', host: 'localhost', port })).toEqual([])
    const [, length, message = ''] = /^(\d+) ([^]*)$/.exec(text) ?? []
    expect(Buffer.byteLength(message)).toBe(Number(length))
    const [, line = ''] = MESSAGE.exec(message) ?? []
    expect(noteIn(line)).toBe(NOTE)
  })

  test.each<[string, (socket: Socket) => void, string]>([
    ['takes it and never closes', (socket) => socket.resume(), 'it took longer than 0.5 s'],
    ['never reads', (socket) => socket.pause(), 'it took longer than 0.5 s'],
    ['breaks off', (socket) => socket.resetAndDestroy(), 'the server broke the connection off'],
  ])('a server that %s', async (_, meet, cause) => {
    const port = await listen(meet)
    const failures = await publish({ transport: 'tcp', host: '127.0.0.1', port }, 500)
    expect(failures).toEqual([{ anchor: `syslog tcp://127.0.0.1:${port}`, cause }])
  })

  test('nobody there, and no such host', async () => {
    const port = await listen(() => {})
    const closed = await publish({ transport: 'tcp', host: '::1', port })
    expect(closed).toEqual([
      { anchor: `syslog tcp://[::1]:${port}`, cause: 'nothing listens there' },
    ])
    const [nowhere] = await publish({ transport: 'tcp', host: 'nowhere.invalid', port }, 2000)
    expect(nowhere?.cause).toMatch(
      /^(?:there is no host of that name|the name server does not answer|it took)/,
    )
  })
})

/** Receives Unix datagrams, which Node cannot: prints each on a line, in hex. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True: print(s.recv(65536).hex(), flush=True)`

function needPrograms(context: TestContext, ...programs: readonly string[]): void {
  const missing = programs.find((program) => !existsSync(program))
  if (missing !== undefined) skipLoudly(context, 'the system log', `${missing} is missing`)
}

describe('the system log of this machine', () => {
  test('gets one line from logger', async (context) => {
    needPrograms(context, '/usr/bin/logger', '/usr/bin/python3')
    const socket = join(tempDir(), 'log')
    const receiver = spawn('/usr/bin/python3', ['-c', RECEIVER, socket])
    onTestFinished(() => void receiver.kill())
    await until('the receiver', () => existsSync(socket))
    const received = once(receiver.stdout, 'data')
    await tellSyslog(NOTE, NEVER, socket)
    const [hex] = await received
    const message = Buffer.from(String(hex).trim(), 'hex').toString()
    const [, line = ''] = /^<85>.* secretref: (checkpoint size=12 .*)$/.exec(message) ?? []
    expect(noteIn(line)).toBe(NOTE)
  })

  test('nobody there, or nobody who listens any more', async (context) => {
    needPrograms(context, '/usr/bin/logger')
    const socket = join(tempDir(), 'log')
    await expect(tellSyslog(NOTE, NEVER, socket)).rejects.toThrow('no system log runs here')
    writeFileSync(socket, '')
    await expect(tellSyslog(NOTE, NEVER, socket)).rejects.toThrow('it ended with exit code 1')
  })
})

/** A stand-in for journald's stream socket: prints all that one connection says (sd_journal_stream_fd(3)). */
const JOURNAL = `
import os, socket, sys
os.makedirs('/run/systemd/journal')
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
s.bind('/run/systemd/journal/stdout')
s.listen()
print('ready', flush=True)
c = s.accept()[0]
while True:
  chunk = c.recv(65536)
  if not chunk: break
  sys.stdout.write(chunk.decode()); sys.stdout.flush()`

describe('the journal', () => {
  const PUBLISH = `
    import { tellJournal } from ${JSON.stringify(join(import.meta.dirname, '../../../src/audit/anchor/journald.ts'))}
    await tellJournal(${JSON.stringify(NOTE)}, new AbortController().signal)
      .then(() => console.log('published'), (error) => console.log(error.message))`

  test('gets one line, with our name; where there is none, that is said', (context) => {
    needPrograms(context, '/usr/bin/systemd-cat', '/usr/bin/python3')
    const wrapper = namespace(context, 'the journal')
    const script = `
      mount -t tmpfs none /run || exit 9
      "$1" --input-type=module-typescript -e "$2"
      : >/run/journal
      /usr/bin/python3 -c "$3" >/run/journal &
      while ! grep -q ready /run/journal; do sleep 0.05; done
      "$1" --input-type=module-typescript -e "$2"
      wait
      cat /run/journal`
    const words = ['sh', '-c', script, 'sh', process.execPath, PUBLISH, JOURNAL]
    const { stdout, stderr } = spawnSync('env', [...wrapper, ...words], {
      encoding: 'utf8',
      timeout: 15_000,
    })
    const lines = stdout.split('\n')
    expect([lines[0], lines[1], stderr]).toEqual(['journald does not run here', 'published', ''])
    // sd-journal's header: identifier, unit, priority, and four switches.
    expect(lines.slice(2, 5)).toEqual(['ready', 'secretref', ''])
    expect(noteIn(lines.find((line) => line.startsWith('checkpoint ')) ?? '')).toBe(NOTE)
  })
})
