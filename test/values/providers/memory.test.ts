/**
 * What a provider has read and handed over is gone from its process once the values were wiped: the
 * file's own bytes, the tree over them, the alternatives that were not taken.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { skipLoudly } from '../loud.ts'
import { privateFolder } from './folder.ts'

/** Asks, says `holding`, waits for a line, wipes, says `wiped`, waits for the end of its stdin. */
const SCRIPT = `
  const [module, path, field] = process.argv.slice(1)
  const { provider } = await import(module)
  const signal = new AbortController().signal
  const ctx = { name: 'fake', signal, now: () => new Date(), spend: () => true, env: new Map() }
  const session = await provider.open({ path, format: field ? 'json' : 'raw' }, ctx)
  const [outcome] = await session.get([{ path: '', field: field || 'any' }])
  // What the collector moves, it leaves a copy of.
  for (let i = 0; i < 4; i++) gc()
  console.log(outcome.kind === 'value' ? 'holding' : JSON.stringify(outcome))
  process.stdin.once('data', () => {
    outcome.value.fill(0)
    console.log('wiped')
  })`

/** How often \`needle\` stands in the readable memory of a process. */
function copiesIn(pid: number, needle: Buffer): number {
  const fd = openSync(`/proc/${pid}/mem`, 'r')
  let copies = 0
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const region = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line)
    // The kernel's own pages for the clock hold nothing and cannot all be read.
    if (region === null || line.includes('[v')) continue
    const start = Number.parseInt(region[1] ?? '', 16)
    const size = Number.parseInt(region[2] ?? '', 16) - start
    copies += copiesBetween(fd, start, size, needle)
  }
  closeSync(fd)
  return copies
}

const CHUNK = 4 * 1024 * 1024

function copiesBetween(fd: number, start: number, size: number, needle: Buffer): number {
  let copies = 0
  const buffer = Buffer.alloc(CHUNK + needle.length)
  for (let at = 0; at < size; at += CHUNK) {
    let length: number
    try {
      length = readSync(fd, buffer, 0, Math.min(buffer.length, size - at), start + at)
    } catch {
      // A page that is mapped and cannot be read: a guard, or one that was never touched.
      continue
    }
    const seen = buffer.subarray(0, length)
    for (let i = seen.indexOf(needle); i >= 0 && i < CHUNK; i = seen.indexOf(needle, i + 1))
      copies += 1
  }
  return copies
}

const CASES: readonly (readonly [string, string, (value: string) => string])[] = [
  ['a raw file', '', (value) => value],
  ['a secrets file', 'FAKE_ONE', (value) => JSON.stringify({ other: value, FAKE_ONE: value })],
  ['an escaped entry', 'FAKE_ONE', (value) => `{"FAKE_ONE":{"value":"\\u0041${value}"}}`],
  ['a broken file', 'FAKE_ONE', (value) => `{"FAKE_ONE":"${value}`],
]

test.for(CASES)(
  '%s leaves no copy',
  { timeout: 60_000 },
  async ([label, field, content], context) => {
    if (!existsSync('/proc/self/mem')) skipLoudly(context, 'copies in memory', 'no /proc/self/mem')
    const value = `fake-value-${randomBytes(16).toString('hex')}`
    const path = join(privateFolder(), 'secrets')
    writeFileSync(path, content(value), { mode: 0o600 })
    const module = new URL('../../../src/values/providers/file.ts', import.meta.url).href
    const flags = ['--expose-gc', '--input-type=module', '-e', SCRIPT]
    const child = spawn(process.execPath, [...flags, module, path, field])
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const pid = child.pid ?? 0
    const said: unknown = (await lines.next()).value
    if (label === 'a broken file') {
      expect(said).toContain('not-json')
    } else {
      expect(said).toBe('holding')
      // The scanner must find what is there, else it proves nothing.
      expect(copiesIn(pid, Buffer.from(value))).toBe(1)
      child.stdin.write('\n')
      expect((await lines.next()).value).toBe('wiped')
    }
    expect(copiesIn(pid, Buffer.from(value))).toBe(0)
  },
)
