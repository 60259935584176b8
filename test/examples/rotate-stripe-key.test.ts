/** The mended script rotates a key of Stripe; what it mends would have stored a value that opens nothing. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { stripe } from '../fakes/stripe.ts'
import { Stage } from '../gateway/rotate/stage.ts'
import { skipLoudly } from '../values/loud.ts'

const SCRIPT = join(import.meta.dirname, '../../examples/rotation/rotate_stripe_key.sh')
const key = (word: string): string => `sk_test_${word.padEnd(24, '0')}`
const OLD = key('fakeOld')
const NEW = key('fakeNew')

const missing = ['bash', 'curl', 'openssl'].filter((one) => spawnSync(one, ['--version']).error)

beforeEach((context) => {
  if (missing.length > 0) {
    skipLoudly(context, 'the mended rotate_stripe_key.sh', `${missing.join(', ')}: not there`)
  }
})

interface Scene {
  stage: Stage
  handover: string
}

/** @param text of the program; left out: the example's */
async function scene(url: string, text?: string): Promise<Scene> {
  const options: Record<string, unknown> = { class: 'roll' }
  const stage = await Stage.make({ type: 'exec', class: 'roll', options }, OLD)
  const { dir } = stage.home
  const command = join(dir, 'rotate_stripe_key.sh')
  const handover = join(dir, 'new-key')
  if (text === undefined) copyFileSync(SCRIPT, command)
  else writeFileSync(command, text)
  chmodSync(command, 0o700)
  Object.assign(options, { command, env: { HANDOVER: handover, STRIPE_API: url } })
  return { stage, handover }
}

test('it waits for a person, tries what they put there, and sees the old one end', async () => {
  const valid = [OLD, NEW]
  const fake = await stripe({ valid })
  const { stage, handover } = await scene(fake.url)
  expect((await stage.attempt()).rotation).toMatchObject({ step: 'creating', failures: 0 })
  expect(fake.connections()).toBe(0)
  writeFileSync(handover, `${NEW}\n`, { mode: 0o600 })
  expect((await stage.attempt()).rotation).toMatchObject({ step: 'retired', failures: 0 })
  expect(await stage.current()).toEqual({ value: NEW, version: '2' })
  // It is current: the place where it was put is empty again.
  expect(existsSync(handover)).toBe(false)
  expect((await stage.attempt()).rotation).toMatchObject({ step: 'retired', attempts: 0 })
  valid.splice(0, 1)
  expect((await stage.attempt()).rotation.step).toBe('done')
})

test.each([
  ['32 random bytes in hex', '0123456789abcdef'.repeat(4)],
  ['a key that ends a string of JSON', `${NEW}","id":"x`],
])('%s, put there as the new key, is refused, and shown to nobody', async (_, put) => {
  const fake = await stripe({ valid: [OLD, NEW] })
  const { stage, handover } = await scene(fake.url)
  writeFileSync(handover, put, { mode: 0o600 })
  const { rotation } = await stage.attempt()
  expect(rotation).toMatchObject({ step: 'planned', failures: 1, reason: 'refused' })
  expect(fake.connections()).toBe(0)
  expect(await stage.current()).toEqual({ value: OLD, version: '1' })
})

test('a file that others can read is not taken', async () => {
  const { stage, handover } = await scene((await stripe({ valid: [OLD, NEW] })).url)
  writeFileSync(handover, NEW, { mode: 0o644 })
  expect((await stage.attempt()).rotation).toMatchObject({ failures: 1, reason: 'refused' })
})

test('another account’s key is not taken', async () => {
  const accounts = new Map([[NEW, 'acct_1other']])
  const { stage, handover } = await scene((await stripe({ valid: [OLD, NEW], accounts })).url)
  writeFileSync(handover, NEW, { mode: 0o600 })
  expect((await stage.attempt()).rotation).toMatchObject({ failures: 1, reason: 'refused' })
  expect(await stage.current()).toMatchObject({ value: OLD })
})

/** The article's two lines as they are, but for where the value goes: to SecretRef instead of to `aws`. */
const ARTICLES = `#!/bin/bash
read -r request
case $request in
  *'"step":"create"'*)
    NEW_KEY=$(openssl rand -hex 32)
    echo "{\\"value\\":\\"$NEW_KEY\\"}" ;;
  *'"step":"marked"'*) echo '{"ids":[]}' ;;
  *'"step":"try"'*)
    [[ $request =~ \\"value\\":\\"([^\\"]*)\\" ]]
    status=$(printf 'header = "Authorization: Bearer %s"' "\${BASH_REMATCH[1]}" |
      curl -s -o /dev/null -w '%{http_code}' -K - "$STRIPE_API/v1/account")
    [[ $status == 200 ]] && echo '{"account":"acct_1fake"}' || echo '{"error":"refused"}' ;;
  *) echo '{}' ;;
esac
`

test('the article’s random hex as a new key: Stripe refuses it, and the key that works stays', async () => {
  const { stage } = await scene((await stripe({ valid: [OLD] })).url, ARTICLES)
  let looks = 0
  for (let failures = 0; failures === 0; looks += 1) {
    const { rotation } = await stage.attempt()
    failures = rotation.failures
    expect(await stage.current()).toEqual({ value: OLD, version: '1' })
  }
  // A fresh key may be unknown for a while, so it was asked about for its five minutes.
  expect(looks).toBe(7)
})

test('no key is an argument, or in the environment, of what it starts', async () => {
  const { stage, handover } = await scene((await stripe({ valid: [OLD, NEW] })).url)
  const { dir } = stage.home
  const seen = join(dir, 'seen')
  mkdirSync(join(dir, 'bin'))
  for (const name of ['curl', 'stat', 'rm']) {
    const real = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout
    const spy = `#!/bin/sh\n{ echo "$0 $*"; env; } >> '${seen}'\nexec ${real.trim()} "$@"\n`
    writeFileSync(join(dir, 'bin', name), spy, { mode: 0o700 })
  }
  const { env } = stage.order.driver.options
  Object.assign(Object(env), { PATH: `${join(dir, 'bin')}:/usr/bin:/bin` })
  writeFileSync(handover, NEW, { mode: 0o600 })
  expect((await stage.attempt()).rotation.step).toBe('retired')
  const text = readFileSync(seen, 'utf8')
  for (const name of ['curl', 'stat', 'rm']) expect(text).toContain(`/bin/${name} `)
  for (const secret of [OLD, NEW]) expect(text).not.toContain(secret)
})
