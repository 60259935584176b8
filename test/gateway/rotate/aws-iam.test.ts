/** IAM access keys from plan to end, against moto: whatever is killed or lost, one key lives, and it is the ref's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Rotation } from '../../../src/rotation/types.ts'
import { iamGate, type IamGate } from '../../fakes/iam-gate.ts'
import { moto, startMoto, type Moto } from '../../servers/moto.ts'
import { startIam, type Iam, type Key } from '../../servers/moto-iam.ts'
import { Stage, type Kill } from './stage.ts'

const binary = moto('whole rotations of IAM access keys')
let aws: Moto
let iam: Iam
let users = 0

beforeAll(async () => {
  if (binary === undefined) return
  aws = await startMoto(binary)
  iam = await startIam(aws)
}, 30_000)
afterAll(() => aws?.stop())

interface Case {
  stage: Stage
  gate: IamGate
  user: string
  first: Key
}

async function made(): Promise<Case> {
  const user = `whole-${(users += 1)}`
  const first = await iam.user(user)
  const gate = await iamGate(aws.endpoint)
  gate.known.add(first.AccessKeyId)
  const driver = { type: 'aws-iam', class: 'issued', options: { endpoint: gate.url } } as const
  return { stage: await Stage.make(driver, JSON.stringify(first)), gate, user, first }
}

async function finish(stage: Stage): Promise<Rotation> {
  for (let tries = 0; tries < 12; tries += 1) {
    const { rotation } = await stage.attempt()
    if (['done', 'stuck', 'abandoned'].includes(rotation.step)) return rotation
  }
  throw new Error('it does not end')
}

async function currentOf(stage: Stage): Promise<Key> {
  return JSON.parse((await stage.current()).value)
}

/** The new key is the ref's, works, and is the only one. */
async function sound({ stage, user, first }: Case): Promise<void> {
  const key = await currentOf(stage)
  expect(key.AccessKeyId).not.toBe(first.AccessKeyId)
  expect(await iam.admits(key)).toBe(true)
  // IAM itself lets no user have a third one at any time.
  expect(await iam.keys(user)).toEqual([key.AccessKeyId])
}

/** Of two neighbours what is known is the same, so one of them is enough where nothing is made or moved. */
const MATRIX: readonly Kill[] = [
  { action: 'create', when: 'before' },
  { action: 'create', when: 'after' },
  { action: 'verify', when: 'after' },
  { action: 'promote', when: 'before' },
  { action: 'promote', when: 'after' },
  { action: 'retire', when: 'after' },
  { action: 'confirm', when: 'after' },
]

describe.skipIf(binary === undefined)('an access key', () => {
  test('where all goes well; a fresh one is not taken at once', async () => {
    const about = await made()
    about.gate.settling = 2
    expect(await finish(about.stage)).toMatchObject({ step: 'done', failures: 0 })
    expect(about.gate.settling).toBe(0)
    expect(about.gate.actions.slice(-3, -1)).toEqual(['UpdateAccessKey', 'DeleteAccessKey'])
    await sound(about)
  })

  test.each(MATRIX)('all is killed $when $action: the next run ends it', async (kill) => {
    const about = await made()
    await about.stage.attempt(kill)
    expect(await finish(about.stage)).toMatchObject({ step: 'done', failures: 0 })
    await sound(about)
  })

  test.each(['CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'GetCallerIdentity'])(
    'the answer to %s is lost',
    async (action) => {
      const about = await made()
      about.gate.lose.push(action)
      expect(await finish(about.stage)).toMatchObject({ step: 'done', failures: 0 })
      expect(about.gate.lose).toEqual([])
      await sound(about)
    },
  )

  test('one was made, and all is killed before anybody kept it: it is found, and ended', async () => {
    const about = await made()
    about.gate.lose.push('CreateAccessKey')
    await about.stage.attempt({ action: 'create', when: 'after' })
    expect(await iam.keys(about.user)).toHaveLength(2)
    expect(await finish(about.stage)).toMatchObject({ step: 'done', failures: 0 })
    await sound(about)
  })

  test('no answer, and another one is there that is in use: nothing is ended, and a person must look', async () => {
    const { stage, gate, user, first } = await made()
    gate.refuse['CreateAccessKey'] = 'ServiceUnavailable'
    await stage.attempt({ action: 'create', when: 'after' })
    gate.refuse = {}
    const theirs = await iam.key(user)
    expect(await iam.admits(theirs)).toBe(true)
    expect(await finish(stage)).toMatchObject({ step: 'stuck', orphanPossible: true })
    expect(await iam.keys(user)).toEqual([first.AccessKeyId, theirs.AccessKeyId])
    expect(await currentOf(stage)).toEqual(first)
  })

  test('ours was refused, and somebody else made one in the same minute: theirs stays', async () => {
    const { stage, gate, user, first } = await made()
    gate.refuse['CreateAccessKey'] = 'AccessDenied'
    await stage.attempt({ action: 'discard', when: 'before' })
    const theirs = await iam.key(user)
    expect(await finish(stage)).toMatchObject({ step: 'stuck', reason: 'refused' })
    expect(await iam.keys(user)).toEqual([first.AccessKeyId, theirs.AccessKeyId])
  })

  test('a user with two keys: none is made, none is ended', async () => {
    const { stage, gate, user, first } = await made()
    const theirs = await iam.key(user)
    expect(await finish(stage)).toMatchObject({ step: 'stuck', reason: 'refused' })
    expect(await iam.keys(user)).toEqual([first.AccessKeyId, theirs.AccessKeyId])
    expect(new Set(gate.actions)).toEqual(new Set(['ListAccessKeys']))
  })
})
