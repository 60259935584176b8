/** A key that a person brings: through a pipe, at a prompt, or not at all. Real processes, a fake Stripe. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { askingOf } from '../../../src/gateway/rotate/asking.ts'
import type { Did } from '../../../src/gateway/rotate/words.ts'
import type { Rotation } from '../../../src/rotation/types.ts'
import { stripe, type StripeKeys } from '../../fakes/stripe.ts'
import { hasTerminal, onTerminal } from '../../process/terminal.ts'
import { COMPILED } from '../../built.ts'
import { skipLoudly } from '../../values/loud.ts'
import { Stage, type StageDriver } from './stage.ts'

const key = (kind: string, word: string): string => `${kind}_${word.padEnd(24, '0')}`
const OLD = key('sk_test', 'fakeOld')
const NEW = key('sk_test', 'fakeNew')
const STRIPE: StageDriver = { type: 'stripe', class: 'issued', options: {} }

class Attended {
  readonly stage: Stage
  readonly #baseUrl: string | undefined
  #hours = 0

  constructor(stage: Stage, baseUrl?: string) {
    this.stage = stage
    this.#baseUrl = baseUrl
  }

  /** @param brought what comes in on stdin; left out: nobody is at hand */
  async run(brought?: string, through: readonly string[] = []): Promise<Attempt> {
    const { order, home } = this.stage
    const target = { 'stripe-secret-key': { baseUrl: this.#baseUrl ?? '' } }
    const asking =
      this.#baseUrl === undefined
        ? undefined
        : await askingOf({ targets: target }, 'default', 'stripe-secret-key')
    const path = join(home.dir, 'order.json')
    const input = brought === undefined ? undefined : { ref: 'key', pasteMarks: false }
    writeFileSync(path, JSON.stringify({ ...order, asking, input }))
    const host = join(import.meta.dirname, 'attend.ts')
    const words = [...through, process.execPath, host, path, String((this.#hours += 1))]
    const [program = '', ...args] = words
    const child = spawn(program, args, { env: { ...COMPILED, SECRETREF_HOME: home.dir } })
    let out = ''
    let err = ''
    let typed = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (through.length === 0 || typed || !out.includes('(not shown):')) return
      typed = true
      child.stdin.write(brought ?? '')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text))
    if (through.length === 0) child.stdin.end(brought ?? '')
    await new Promise((resolve) => child.once('close', resolve))
    const line = out.split('\n').find((one) => one.startsWith('{'))
    if (line === undefined) throw new Error(`it said nothing: ${out}${err}`)
    const said: { rotation: Rotation; did: Did[] } = JSON.parse(line)
    return { ...said, shown: out + err }
  }
}

interface Attempt {
  rotation: Rotation
  did: Did[]
  shown: string
}

async function attended(keys: StripeKeys, current = OLD): Promise<Attended> {
  const { url } = await stripe(keys)
  return new Attended(await Stage.make(STRIPE, current), url)
}

const last = ({ did }: Attempt): Did | undefined => did.at(-1)

test('brought through a pipe: tried, promoted, and done when the old one is seen to be dead', async () => {
  const valid = [OLD, NEW]
  const at = await attended({ valid })
  const first = await at.run(`${NEW}\n`)
  expect(last(first)).toEqual({ did: 'confirm', result: 'waiting', reason: 'still-valid' })
  expect(first.rotation).toMatchObject({ step: 'retired', attempts: 0, failures: 0 })
  expect(await at.stage.current()).toEqual({ value: NEW, version: '2' })
  expect(namesOfClear(at.stage.home.dir, NEW)).toEqual([])
  // However often it is looked at: for as long as nobody has expired it, it is no failure.
  const again = await at.run()
  expect(again.rotation).toMatchObject({ step: 'retired', attempts: 0 })
  valid.splice(0, 1)
  expect((await at.run()).rotation.step).toBe('done')
})

test('with nobody at hand it waits, and nothing is sent to anybody', async () => {
  const fake = await stripe({ valid: [OLD, NEW] })
  const at = new Attended(await Stage.make(STRIPE, OLD), fake.url)
  for (let times = 0; times < 2; times += 1) {
    const { rotation, ...rest } = await at.run()
    expect(last({ rotation, ...rest })).toEqual({
      did: 'create',
      result: 'waiting',
      reason: 'no-input',
    })
    expect(rotation).toMatchObject({ step: 'creating', open: false, attempts: 0, failures: 0 })
  }
  expect(fake.connections()).toBe(0)
  expect(await at.stage.current()).toMatchObject({ value: OLD })
  expect((await at.run(NEW)).rotation.step).toBe('retired')
})

test('the article’s new key, random bytes in hex, is refused and explained; the next one is taken', async () => {
  const fake = await stripe({ valid: [OLD, NEW] })
  const at = new Attended(await Stage.make(STRIPE, OLD), fake.url)
  const refused = await at.run('0123456789abcdef'.repeat(4))
  expect(last(refused)).toEqual({
    did: 'create',
    result: 'waiting',
    code: 'CREDENTIAL_REJECTED',
    reason: 'not-a-key',
    service: true,
    whose: 'new',
  })
  expect(refused.rotation).toMatchObject({ step: 'creating', failures: 0 })
  expect(fake.connections()).toBe(0)
  expect(await at.stage.current()).toEqual({ value: OLD, version: '1' })
  expect((await at.run(NEW)).rotation.step).toBe('retired')
})

test.each([
  ['one that Stripe does not know', key('sk_test', 'fakeNobody'), 'login-denied'],
  ['another account’s', key('sk_test', 'fakeOther'), 'another-account'],
  ['the current one', OLD, 'same-value'],
  ['a live one', key('sk_live', 'fakeNew'), 'another-mode'],
  ['nothing', '', 'empty'],
])('%s is not taken, and the current one stays', async (_, brought, reason) => {
  const other = key('sk_test', 'fakeOther')
  const accounts = new Map([[other, 'acct_1other']])
  const at = await attended({ valid: [OLD, other], accounts })
  const attempt = await at.run(brought)
  expect(last(attempt)).toMatchObject({ did: 'create', result: 'waiting', reason, whose: 'new' })
  expect(attempt.rotation).toMatchObject({ step: 'creating', attempts: 0, failures: 0 })
  expect(await at.stage.current()).toEqual({ value: OLD, version: '1' })
})

test('while Stripe does not answer, what was brought is kept, and asked about again', async () => {
  const outage: { status?: number } = { status: 503 }
  const valid = [OLD, NEW]
  const at = await attended({ valid, outage })
  const first = await at.run(NEW)
  expect(last(first)).toMatchObject({
    did: 'verify',
    result: 'waiting',
    reason: 'server-error',
    whose: 'new',
  })
  expect(first.rotation).toMatchObject({ step: 'staged', attempts: 0, failures: 0 })
  delete outage.status
  // Nobody has to bring it again.
  expect((await at.run()).rotation.step).toBe('retired')
  outage.status = 503
  expect((await at.run()).rotation).toMatchObject({ step: 'retired', attempts: 0 })
  delete outage.status
  valid.splice(0, 1)
  expect((await at.run()).rotation.step).toBe('done')
})

test('a key that was expired first, as after a leak, is replaced all the same', async () => {
  const at = await attended({ valid: [NEW] })
  expect((await at.run(NEW)).rotation.step).toBe('done')
  expect(await at.stage.current()).toMatchObject({ value: NEW })
})

test('untried where the config says so, and that is said of it', async () => {
  const driver = { type: 'guided', class: 'issued', options: { unverified: true } } as const
  const at = new Attended(await Stage.make(driver, 'fake-old'))
  const { did, rotation } = await at.run('fake-new')
  expect(did.find((one) => one.did === 'verify')).toMatchObject({
    result: 'ok',
    reason: 'unverified',
  })
  expect(rotation.step).toBe('done')
  expect(await at.stage.current()).toMatchObject({ value: 'fake-new' })
})

describe('at a prompt', () => {
  test('what is typed is not shown, and becomes the current one', async (context) => {
    needTerminal(context)
    const at = await attended({ valid: [OLD, NEW] })
    const { rotation, shown } = await at.run(`${NEW}\r`, onTerminal)
    expect(shown).toContain('new value for key (not shown): ')
    expect(shown).not.toContain(NEW)
    expect(rotation.step).toBe('retired')
    expect(await at.stage.current()).toMatchObject({ value: NEW })
  })

  test('Ctrl-C leaves everything as it was', async (context) => {
    needTerminal(context)
    const at = await attended({ valid: [OLD, NEW] })
    const attempt = await at.run('\u0003', onTerminal)
    expect(last(attempt)).toMatchObject({ result: 'waiting', reason: 'input-cancelled' })
    expect(attempt.rotation.step).toBe('creating')
    expect(await at.stage.current()).toMatchObject({ value: OLD })
  })
})

/** Of files; what is encrypted does not hold it. */
function namesOfClear(dir: string, value: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(2)
  return files
    .filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(value))
    .map(({ name }) => name)
}

function needTerminal(context: TestContext): void {
  if (!hasTerminal) skipLoudly(context, 'a guided rotation on a terminal', 'python3 is missing')
}
