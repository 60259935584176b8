/** Which files git has, held against git itself. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Reader } from '../../../src/values/scanner/read.ts'
import { trackedFiles } from '../../../src/values/scanner/tracked.ts'
import { walk } from '../../../src/values/scanner/walk.ts'
import { loudly } from '../loud.ts'

const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit) loudly('the files that git has', 'needs git')

function git(dir: string, ...words: string[]): void {
  const { status } = spawnSync('git', words, {
    cwd: dir,
    env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  })
  if (status !== 0) throw new Error(`git ${words.join(' ')} failed`)
}

const FILES = [
  '.gitignore',
  'a',
  'a.log',
  'build/deep/b',
  'é',
  'x'.repeat(200),
  `${'y'.repeat(120)}/z`,
]

function repository(...init: string[]): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-tracked-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  git(dir, 'init', '-q', ...init)
  for (const name of FILES) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), name === '.gitignore' ? '*.log\nbuild/\n' : 'x')
  }
  git(dir, 'add', '-f', '.')
  return dir
}

const tracked = (dir: string): string[] =>
  [...trackedFiles(Buffer.from(dir))].map((name) => Buffer.from(name, 'latin1').toString()).sort()

describe.runIf(hasGit)('the index', () => {
  test.each(['2', '3', '4'])('of version %s', (version) => {
    const dir = repository()
    writeFileSync(join(dir, 'later'), '')
    // Only what is marked so makes git write version 3.
    git(dir, 'add', '--intent-to-add', 'later')
    git(dir, 'update-index', '--index-version', version)
    expect(tracked(dir)).toEqual([...FILES, 'later'].sort())
  })

  test('of SHA-256 is not understood, and nothing is taken for what it is not', () => {
    expect(tracked(repository('--object-format=sha256'))).toEqual([])
  })

  test('that is cut or changed anywhere ends nothing', () => {
    const dir = repository()
    const path = join(dir, '.git', 'index')
    const whole = readFileSync(path)
    const size = { max: whole.length }
    fc.assert(
      fc.property(fc.nat(size), fc.nat(size), fc.nat(255), (cut, at, byte) => {
        const changed = Buffer.from(whole.subarray(0, cut))
        if (at < changed.length) changed[at] = byte
        writeFileSync(path, changed)
        expect(trackedFiles(Buffer.from(dir)).size).toBeLessThan(100)
      }),
      { numRuns: 200 },
    )
  })

  test('what git has is searched, though its patterns name it', () => {
    const dir = repository()
    writeFileSync(join(dir, 'b.log'), '')
    writeFileSync(join(dir, 'build', 'deep', 'c'), '')
    const files = [...walk(dir, { all: false, reader: new Reader() })].flatMap((step) =>
      step.kind === 'file' && !step.ignored ? [step.path.toString().slice(dir.length + 1)] : [],
    )
    expect(files.sort()).toEqual(FILES.toSorted())
  })
})

/** Of version 4, in which a name repeats the one before: each is a character longer than that. */
function growing(count: number): Buffer {
  const header = Buffer.alloc(12)
  header.write('DIRC')
  header.writeUInt32BE(4, 4)
  header.writeUInt32BE(count, 8)
  const entry = Buffer.alloc(65)
  entry.writeUInt32BE(0o100644, 24)
  entry.write('a', 63)
  return Buffer.concat([header, ...Array.from({ length: count }, () => entry)])
}

test('names that grow without end are not understood', () => {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-tracked-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, '.git'))
  const sizeWith = (count: number): number => {
    writeFileSync(join(dir, '.git', 'index'), growing(count))
    return trackedFiles(Buffer.from(dir)).size
  }
  expect(sizeWith(4096)).toBe(4096)
  expect(sizeWith(4097)).toBe(0)
})

test('where there is none, nothing is', () => {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-tracked-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  expect(tracked(dir)).toEqual([])
})
