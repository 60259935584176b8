/** Whose control sockets are found, and which are removed. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askToReload } from '../../../src/gateway/control/ask.ts'
import { listen } from '../../../src/gateway/control/listen.ts'
import type { Answer } from '../../../src/gateway/control/message.ts'
import { makeSocketPath, socketsOf } from '../../../src/gateway/control/place.ts'
import { homeOf, type Home } from '../../../src/state/home.ts'

const CONFIG = '/etc/secretref/config.json'
const NOTHING: Answer = { v: 1, ok: true, hash: 'h', added: [], removed: [], changed: [] }

function makeHome(below = ''): Home {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-place-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return homeOf({ HOME: dir, SECRETREF_HOME: join(dir, below) })
}

/** The same name with another pid or namespace in it. */
function renamed(path: string, change: (pid: string, namespace: string) => string): string {
  const name = basename(path).replace(
    /-(\d+)-(\d+)\.sock$/,
    (_, pid: string, namespace: string) => {
      return `-${change(pid, namespace)}.sock`
    },
  )
  return join(dirname(path), name)
}

/** Says `text` to whoever comes; with none it is silent. */
async function listening(path: string, text = JSON.stringify(NOTHING)): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    if (text !== '') socket.end(`${text}\n`)
  })
  await new Promise<void>((resolve) => {
    server.listen(path, () => resolve())
  })
  onTestFinished(() => void server.close())
  return server
}

/** As a gateway that was killed leaves it. */
async function dead(path: string): Promise<void> {
  const server = await listening(`${path}.x`)
  renameSync(`${path}.x`, path)
  await new Promise((resolve) => server.close(resolve))
}

test('of a gateway in another namespace, whose pid means nothing here, a live socket is kept, a dead one goes', async () => {
  const home = makeHome()
  const own = await makeSocketPath(home, CONFIG)
  // Pids that nobody has here.
  const live = renamed(own, () => '4194301-17')
  const left = renamed(own, () => '4194302-17')
  const same = renamed(own, (_, namespace) => `4194303-${namespace}`)
  await listening(live)
  await listening(same)
  await dead(left)
  expect(socketsOf(home, CONFIG)).toHaveLength(3)
  expect(await makeSocketPath(home, CONFIG)).toBe(own)
  expect([live, same, left].map((path) => existsSync(path))).toEqual([true, true, false])
  const asked = await askToReload(home, CONFIG)
  expect(new Set(asked.map(({ pid }) => pid))).toEqual(new Set([4_194_301, 4_194_303]))
})

test('one that says nothing is kept', async () => {
  const home = makeHome()
  const own = await makeSocketPath(home, CONFIG)
  await listening(
    renamed(own, () => '1-1'),
    '',
  )
  await makeSocketPath(home, CONFIG)
  expect(socketsOf(home, CONFIG)).toHaveLength(1)
})

test('what our pid left behind goes, and what is not ours by its name stays', async () => {
  const home = makeHome()
  const own = await makeSocketPath(home, CONFIG)
  await dead(own)
  const other = await makeSocketPath(home, '/another/config.json')
  await dead(other)
  const foreign = join(home.run, 'gateway-notes.sock')
  writeFileSync(foreign, '')
  await makeSocketPath(home, CONFIG)
  expect([own, other, foreign].map((path) => existsSync(path))).toEqual([false, true, true])
})

test('a socket has its name only once it listens, and is gone with its gateway', async () => {
  const home = makeHome()
  const path = await makeSocketPath(home, CONFIG)
  writeFileSync(path.replace(/sock$/, 'make'), '')
  const close = await listen(path, async () => NOTHING)
  expect(existsSync(path.replace(/sock$/, 'make'))).toBe(false)
  await new Promise<void>((resolve, reject) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
  expect(await askToReload(home, CONFIG)).toEqual([{ pid: process.pid, answer: NOTHING }])
  close()
  expect(existsSync(path)).toBe(false)
  expect(await askToReload(home, CONFIG)).toEqual([])
})

test('an answer that cannot be read is told, and the others are asked all the same', async () => {
  const home = makeHome()
  const own = await makeSocketPath(home, CONFIG)
  await listening(
    renamed(own, () => '7-17'),
    '{"v":2}',
  )
  await listening(own)
  const asked = await askToReload(home, CONFIG)
  expect(asked.find(({ pid }) => pid === process.pid)?.answer).toEqual(NOTHING)
  expect(asked.find(({ pid }) => pid === 7)?.answer).toEqual({
    ok: undefined,
    code: 'STATE_UNAVAILABLE',
    message: 'the gateway (pid 7 of another container) answers what cannot be read',
    hint: 'its own output says what it did',
  })
})

test('a folder that others reach, and a path that is too long, are refused in words', async () => {
  const home = makeHome()
  mkdirSync(home.run)
  chmodSync(home.run, 0o750)
  await expect(makeSocketPath(home, CONFIG)).rejects.toThrow(/others can reach the folder/)
  const deep = makeHome('x'.repeat(90))
  await expect(makeSocketPath(deep, CONFIG)).rejects.toThrow(
    /has \d+ bytes, and a socket may have 107/,
  )
})
