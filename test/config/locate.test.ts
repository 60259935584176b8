import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { locateConfig } from '../../src/config/locate.ts'
import { scratch, thrown, writeConfig } from './helpers.ts'

/** A folder to stand in, and a home with a config of its own. */
function surroundings(): { cwd: string; home: string; own: string; env: Record<string, string> } {
  const cwd = scratch()
  const home = scratch()
  const own = join(home, '.config', 'secretref', 'config.json')
  mkdirSync(dirname(own), { recursive: true })
  writeConfig(dirname(own), '{}', 'config.json')
  return { cwd, home, own, env: { HOME: home } }
}

describe('the config is', () => {
  test('what --config names, before all else', () => {
    const { cwd, env } = surroundings()
    writeConfig(cwd, '{}')
    const path = writeConfig(cwd, '{}', 'other.json')
    const found = locateConfig({ flag: 'other.json', env: { ...env, SECRETREF_CONFIG: 'x' }, cwd })
    expect(found).toEqual({ path, found: false })
  })

  test('then what $SECRETREF_CONFIG names; empty is unset', () => {
    const { cwd, env, own } = surroundings()
    const path = writeConfig(cwd, '{}', 'other.json')
    const named = { ...env, SECRETREF_CONFIG: path }
    expect(locateConfig({ env: named, cwd })).toEqual({ path, found: false })
    const unset = { ...env, SECRETREF_CONFIG: '' }
    expect(locateConfig({ env: unset, cwd })).toEqual({ path: own, found: false })
  })

  test('then ./secretref.json, which was merely found', () => {
    const { cwd, env } = surroundings()
    const path = writeConfig(cwd, '{}')
    expect(locateConfig({ env, cwd })).toEqual({ path, found: true })
  })

  test('never one of a folder above', () => {
    const { cwd, env, own } = surroundings()
    writeConfig(cwd, '{}')
    mkdirSync(join(cwd, 'below'))
    expect(locateConfig({ env, cwd: join(cwd, 'below') }).path).toBe(own)
  })

  test('then the one in $XDG_CONFIG_HOME', () => {
    const { cwd, home, env } = surroundings()
    const folder = join(home, 'xdg', 'secretref')
    mkdirSync(folder, { recursive: true })
    const path = writeConfig(folder, '{}', 'config.json')
    const found = locateConfig({ env: { ...env, XDG_CONFIG_HOME: join(home, 'xdg') }, cwd })
    expect(found).toEqual({ path, found: false })
  })

  test('a dangling ./secretref.json rather than the next one in silence', () => {
    const { cwd, env } = surroundings()
    symlinkSync('/nowhere', join(cwd, 'secretref.json'))
    expect(locateConfig({ env, cwd })).toMatchObject({ found: true })
  })
})

describe('where there is none', () => {
  test('every place that was looked at is named', () => {
    const [cwd, home] = [scratch(), scratch()]
    const { code, message, hint } = thrown(() => locateConfig({ env: { HOME: home }, cwd }))
    expect(code).toBe('CONFIG_NOT_FOUND')
    for (const place of ['--config', '$SECRETREF_CONFIG', cwd, home]) {
      expect(message).toContain(place)
    }
    expect(hint).toContain('secretref init')
  })

  test.each([
    [{ flag: 'missing.json' }, {}, '--config'],
    [{}, { SECRETREF_CONFIG: 'missing.json' }, '$SECRETREF_CONFIG'],
  ])('one that was named is not replaced by another', (options, env, by) => {
    const { cwd, env: base } = surroundings()
    writeConfig(cwd, '{}')
    expect(() => locateConfig({ ...options, env: { ...base, ...env }, cwd })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_NOT_FOUND',
        message: expect.stringContaining(`${join(cwd, 'missing.json')}, which ${by} names`),
      }),
    )
  })
})
