/** What lies in a folder is read from there, also where its path leads elsewhere meanwhile. */
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HeldFolder, pathIn } from '../../../src/values/scanner/held.ts'
import { Reader } from '../../../src/values/scanner/read.ts'
import { walk, type Step } from '../../../src/values/scanner/walk.ts'

/** `asked/sub/file` and `asked/sub/inner/file`, and the same `elsewhere`. */
function world(): { asked: string; swap: (name: string) => void } {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'secretref-held-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  for (const [top, content] of [
    ['asked/sub', 'what was asked for'],
    ['elsewhere', 'what was not'],
  ] as const) {
    mkdirSync(join(dir, top, 'inner'), { recursive: true })
    for (const name of ['file', 'inner/file']) writeFileSync(join(dir, top, name), content)
  }
  const asked = join(dir, 'asked')
  return {
    asked,
    swap(name) {
      renameSync(join(asked, name), join(dir, 'away'))
      symlinkSync(join(dir, 'elsewhere'), join(asked, name))
    },
  }
}

/** What a search reads, with a swap where it comes to a step. */
function search(
  top: string,
  { at, swap }: { at: (step: Step) => boolean; swap: () => void },
): string[] {
  let isDone = false
  const seen: string[] = []
  for (const step of walk(top, { all: false, reader: new Reader() })) {
    if (!isDone && at(step)) {
      swap()
      isDone = true
    }
    if (step.kind === 'unreadable') seen.push('unreadable')
    if (step.kind !== 'file') continue
    const content = step.read()
    seen.push(content.kind === 'text' ? content.bytes.toString() : content.kind)
  }
  expect(isDone).toBe(true)
  return seen
}

const isFolder =
  (end: string) =>
  (step: Step): boolean =>
    step.kind === 'folder' && step.path.toString().endsWith(end)

const isFile = ({ kind }: Step): boolean => kind === 'file'

describe('a folder that becomes a link to another one', () => {
  test('before it is opened, is not followed', () => {
    const { asked, swap } = world()
    expect(search(asked, { at: isFolder('/sub'), swap: () => swap('sub') })).toEqual(['unreadable'])
  })

  test('while those in it wait, leads to none of them', () => {
    const { asked, swap } = world()
    expect(search(asked, { at: isFolder('/inner'), swap: () => swap('sub') })).toEqual([
      'what was asked for',
      'unreadable',
    ])
  })

  test.runIf(process.platform === 'linux')('between its list and its file, is held', () => {
    const { asked, swap } = world()
    expect(search(asked, { at: isFile, swap: () => swap('sub') })).toEqual([
      'what was asked for',
      'unreadable',
    ])
  })

  test('above what was asked for, is not followed, into a folder or a file', () => {
    const { asked, swap } = world()
    const all = { all: false, reader: new Reader() }
    const [file] = walk(join(asked, 'sub', 'file'), all)
    swap('sub')
    expect(file?.kind === 'file' && file.read().kind).toBe('unreadable')
    const [, step] = walk(join(asked, 'sub', 'inner'), all)
    expect(step?.kind).toBe('unreadable')
  })
})

describe.each([
  ['by its descriptor', true],
  ['by its path', false],
])('a folder held %s', (_, byDescriptor) => {
  const isPossible = !byDescriptor || process.platform === 'linux'

  test.runIf(isPossible)('has its entries, in order', () => {
    const { asked } = world()
    const held = HeldFolder.open(Buffer.from(join(asked, 'sub')), byDescriptor)
    expect(held?.entries()?.map(({ name }) => name.toString())).toEqual(['file', 'inner'])
    expect(held?.stat(Buffer.from('file'))?.isFile()).toBe(true)
    held?.close()
  })

  test.runIf(isPossible)('that is swapped, gives nothing from elsewhere', () => {
    const { asked, swap } = world()
    const held = HeldFolder.open(Buffer.from(join(asked, 'sub')), byDescriptor)
    swap('sub')
    const entry = held?.entry(Buffer.from('file'))
    if (!byDescriptor) {
      expect(entry).toBeUndefined()
      expect(held?.entries()).toBeUndefined()
      expect(held?.stat(Buffer.from('file'))).toBeUndefined()
    } else {
      const content = new Reader().read(entry ?? Buffer.alloc(0))
      expect(content).toMatchObject({ bytes: Buffer.from('what was asked for') })
    }
    held?.close()
    expect(HeldFolder.open(Buffer.from(join(asked, 'sub', 'inner')), byDescriptor)).toBeUndefined()
  })

  test.runIf(isPossible)('gives nothing when it is closed', () => {
    const { asked } = world()
    const held = HeldFolder.open(Buffer.from(join(asked, 'sub')), byDescriptor)
    held?.close()
    expect(held?.entry(Buffer.from('file'))).toBeUndefined()
    expect(held?.entries()).toBeUndefined()
  })

  test.runIf(isPossible)('is no file, and no link', () => {
    const { asked, swap } = world()
    swap('sub')
    for (const name of ['sub', 'sub/file', 'none'])
      expect(HeldFolder.open(Buffer.from(join(asked, name)), byDescriptor)).toBeUndefined()
  })
})

test('an entry of the root has one slash', () => {
  expect(pathIn(Buffer.from('/'), Buffer.from('a')).toString()).toBe('/a')
  expect(pathIn(Buffer.from('/a'), Buffer.from('b')).toString()).toBe('/a/b')
})
