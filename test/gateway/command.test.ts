import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SecretRefError } from '../../src/errors.ts'
import { findCommand } from '../../src/gateway/command.ts'

/** Folders `a` and `b`; `tool` can be executed in `b`, and is a plain file in `a`. */
function folders(): { dir: string; a: string; b: string } {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-command-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const [a, b] = [join(dir, 'a'), join(dir, 'b')]
  for (const folder of [a, b]) mkdirSync(folder)
  writeFileSync(join(a, 'tool'), '#!/bin/sh\n', { mode: 0o644 })
  writeFileSync(join(b, 'tool'), '#!/bin/sh\n', { mode: 0o755 })
  return { dir, a, b }
}

function failure(find: () => string): string {
  try {
    return find()
  } catch (error) {
    if (error instanceof SecretRefError) return error.code
    throw error
  }
}

describe('a name without a slash', () => {
  test('is the first along the path that can be executed, as execvp(3) finds it', () => {
    const { dir, a, b } = folders()
    const path = [join(dir, 'nowhere'), a, b].join(delimiter)
    expect(findCommand('tool', path, dir)).toBe(join(b, 'tool'))
  })

  test('a folder by its name is passed over', () => {
    const { dir, a, b } = folders()
    mkdirSync(join(a, 'other'))
    writeFileSync(join(b, 'other'), '', { mode: 0o755 })
    expect(findCommand('other', [a, b].join(delimiter), dir)).toBe(join(b, 'other'))
  })

  test('an empty part of the path is the working folder; no path at all is nothing', () => {
    const { a, b } = folders()
    expect(findCommand('tool', `${a}${delimiter}`, b)).toBe(join(b, 'tool'))
    expect(findCommand('tool', `${delimiter}${a}`, b)).toBe(join(b, 'tool'))
    expect(failure(() => findCommand('tool', '', b))).toBe('COMMAND_NOT_FOUND')
  })

  test('a relative part is read from the working folder', () => {
    const { dir, b } = folders()
    expect(findCommand('tool', 'b', dir)).toBe(join(b, 'tool'))
  })

  test('is 126 where none can be executed, and 127 where there is none', () => {
    const { dir, a } = folders()
    expect(failure(() => findCommand('tool', a, dir))).toBe('COMMAND_NOT_EXECUTABLE')
    expect(failure(() => findCommand('another', a, dir))).toBe('COMMAND_NOT_FOUND')
  })
})

describe('a name with a slash', () => {
  test('is a path from the working folder, whatever PATH says', () => {
    const { dir, a, b } = folders()
    expect(findCommand('./tool', a, b)).toBe(join(b, 'tool'))
    expect(findCommand('b/tool', a, dir)).toBe(join(b, 'tool'))
    expect(findCommand(join(b, 'tool'), a, a)).toBe(join(b, 'tool'))
    expect(failure(() => findCommand('./tool', b, a))).toBe('COMMAND_NOT_EXECUTABLE')
    expect(failure(() => findCommand('./tool', b, dir))).toBe('COMMAND_NOT_FOUND')
  })

  test('a link to a program is one; a link to nothing and a folder are not', () => {
    const { dir, b } = folders()
    symlinkSync(join(b, 'tool'), join(dir, 'link'))
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'))
    expect(findCommand('./link', '', dir)).toBe(join(dir, 'link'))
    expect(failure(() => findCommand('./dangling', '', dir))).toBe('COMMAND_NOT_FOUND')
    expect(failure(() => findCommand('./b', '', dir))).toBe('COMMAND_NOT_EXECUTABLE')
    expect(failure(() => findCommand('./b/tool/more', '', dir))).toBe('COMMAND_NOT_FOUND')
  })

  test('one that nobody may execute is 126 for root too', () => {
    const { dir, b } = folders()
    chmodSync(join(b, 'tool'), 0o600)
    expect(failure(() => findCommand('b/tool', '', dir))).toBe('COMMAND_NOT_EXECUTABLE')
  })
})
