/** A rotating program that names what it makes by its own value: the name shows nowhere, and it is ended. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { issuerProgram } from '../fakes/issuer-program.ts'
import { FIRST, REF, rotating } from './rotating.ts'

/** As the issuer behind it, which has names: this one hands on its values as those. */
function naming(issuer: string): string {
  return `#!${process.execPath}
const { spawnSync } = require('node:child_process')
const told = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
if (told.step === 'end') delete told.current.id
const { stdout } = spawnSync('${issuer}', { input: JSON.stringify(told), encoding: 'utf8' })
const answer = JSON.parse(stdout)
if (told.step === 'create') answer.id = answer.value
console.log(JSON.stringify(answer))
`
}

test('the value shows nowhere, what is wrong with the program is said, and nothing lives on', async () => {
  const one = await rotating('issued')
  const { world } = one
  const program = join(world.dir, 'bin/issuer')
  const issuer = world.write('bin/behind', issuerProgram(join(world.dir, 'issuer.json')), 0o700)
  writeFileSync(program, naming(issuer))
  const forced = await one.secretref(['secrets', 'rotate', '--ref', REF, '--force'])
  expect(forced.code).toBe(1)
  const wrong = `the program that rotates "${REF}", ${program}, answered step "create" with a name that is a value, or holds one`
  expect(forced.out + forced.err).toContain(wrong)
  expect(forced.out + forced.err).toContain('as "id" have it answer the service\'s own name')
  const status = await one.secretref(['secrets', 'rotation', 'status'])
  expect(status.out).toContain(wrong)
  const json = await one.secretref(['secrets', 'rotation', 'status', '--json'])
  expect(JSON.parse(json.out).rotations).toMatchObject([
    { answer: { did: 'create', reason: 'refused-metadata', program: { step: 'create' } } },
  ])

  expect(one.issuer).toMatchObject({ made: 1, live: [{ value: FIRST }] })
  const made = ['fake', 'issued', '1'].join('-')
  const files = readdirSync(world.home.dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:db|db-wal|log|age|json)$/.test(name))
    .map((name) => readFileSync(join(world.home.dir, name), 'latin1'))
  expect(files.length).toBeGreaterThan(2)
  for (const text of [forced.out, forced.err, status.out, json.out, ...files]) {
    expect(text.includes(made)).toBe(false)
  }
}, 60_000)
