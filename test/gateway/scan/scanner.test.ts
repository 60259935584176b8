import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { scanFiles, scanPaths } from '../../../src/gateway/scan/scanner.ts'
import { homeOf, type Home } from '../../../src/state/home.ts'

function folder(): { dir: string; home: Home } {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'secretref-scanner-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'tree'))
  return { dir: join(dir, 'tree'), home: homeOf({ SECRETREF_HOME: join(dir, 'state') }) }
}

test('a path below another one, and a link to it, are searched and told of once', async () => {
  const { dir, home } = folder()
  mkdirSync(join(dir, 'sub'))
  writeFileSync(join(dir, 'sub', '.env'), 'A_KEY=q7Rk2mZx9TfW4bLp\n')
  symlinkSync('sub', join(dir, 'link'))
  const findings = await scanFiles([dir, join(dir, 'sub'), join(dir, 'link', '.env')], { home })
  // By the nearest of the names that were given.
  expect(findings).toMatchObject([
    { code: 'credential', places: [{ file: join(dir, 'link', '.env'), line: 1, column: 7 }] },
  ])
})

test('two names that are no UTF-8 are two files, also where they are asked for by a link', async () => {
  const { dir, home } = folder()
  const named = (byte: number): Buffer =>
    Buffer.concat([Buffer.from(`${dir}/.env`), Buffer.from([byte])])
  for (const byte of [0xfe, 0xff]) writeFileSync(named(byte), 'A_KEY=q7Rk2mZx9TfW4bLp\n')
  symlinkSync(named(0xff), join(dir, 'link'))
  const filesOf = async (path: string): Promise<(string | undefined)[]> =>
    (await scanFiles([path], { home })).map(({ places: [place] }) => place?.file)
  expect(await filesOf(dir)).toEqual([`${dir}/.env\udcfe`, `${dir}/.env\udcff`])
  expect(await filesOf(join(dir, 'link'))).toEqual([join(dir, 'link')])
})

test('our own store is where values are to lie, and that it was left out is told', async () => {
  const { home } = folder()
  const [store] = home.secretsFiles
  mkdirSync(home.dir, { mode: 0o700 })
  writeFileSync(store, JSON.stringify({ k: ['sk', 'live', 'q7Rk2mZx9TfW4bLp'].join('_') }))
  expect(await scanFiles([store], { home })).toMatchObject([
    { code: 'skipped', message: expect.stringContaining('the store'), places: [{ file: store }] },
  ])
})

test('what is asked for and not there is a finding, and no scanner is started for it alone', async () => {
  const { dir, home } = folder()
  const scan = await scanPaths([join(dir, 'none')], { home, silenceMs: 0 })
  expect(scan.findings).toMatchObject([
    { code: 'unreadable', severity: 'error', places: [{ file: join(dir, 'none') }] },
  ])
})

test('no word for too long is an end, and no empty result', async () => {
  const { dir, home } = folder()
  await expect(scanFiles([dir], { home, silenceMs: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' })
})

test('a key that others can read is refused', async () => {
  const { dir, home } = folder()
  mkdirSync(home.keys, { recursive: true, mode: 0o700 })
  writeFileSync(home.fingerprintKey, Buffer.alloc(32), { mode: 0o644 })
  await expect(scanFiles([dir], { home })).rejects.toMatchObject({ code: 'FILE_INSECURE' })
})
