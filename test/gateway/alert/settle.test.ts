/** What a command says before it ends, of alerts that are not sent; and what it tries once more. */
import { expect, test } from 'vitest'
import { settleAlerts } from '../../../src/gateway/alert/duty.ts'
import { raiseAlert } from '../../../src/gateway/alert/raise.ts'
import { listen, type Fake } from '../../fakes/listen.ts'
import { ALERT, hookAt, KEY, receiver, SECRETS, stage, type Stage } from './stage.ts'

/** @returns its sentences and its hints, of the same length */
async function settled(s: Stage, hurried = false): Promise<{ said: string[]; hints: string[] }> {
  const [said, hints]: [string[], string[]] = [[], []]
  await settleAlerts(
    s.gateway,
    (_, sentence, hint = '') => {
      said.push(sentence)
      hints.push(hint)
    },
    { hurried },
  )
  return { said, hints }
}

/** Answers with a status that a test changes. */
async function answering(status: number): Promise<Fake & { status: number }> {
  const one = { status }
  const fake = await listen((request, response) => {
    request.resume().on('end', () => void response.writeHead(one.status).end())
  })
  return Object.assign(one, fake)
}

test('each command says that nothing is sent, and why, also where that is no news', async () => {
  const siem = await answering(500)
  const s = await stage({ webhooks: { siem: hookAt(siem.url) } })
  await raiseAlert(s.gateway, ALERT)
  expect((await settled(s, true)).said).toEqual([
    'an alert not sent to webhook:siem: it answers with an error of its own; it is tried again',
  ])
  // Its channel is left alone.
  s.at(2)
  await raiseAlert(s.gateway, { ...ALERT, key: 'another' })
  expect(await settled(s, true)).toEqual({
    said: [
      '2 alerts still wait for webhook:siem, not before 12:00:05Z: it answers with an error of its own',
    ],
    hints: ['look into its log, or at its status page'],
  })
  expect(siem.requests).toHaveLength(1)
  // It is tried again, in vain: of the first that is no news, and it is said all the same.
  s.at(6)
  expect((await settled(s)).said).toEqual([
    'an alert not sent to webhook:siem: it answers with an error of its own; it is tried again',
    '2 alerts still wait for webhook:siem, not before 12:00:16Z: it answers with an error of its own',
  ])
  s.at(60)
  expect((await settled(s)).said).toEqual([
    '2 alerts still wait for webhook:siem, not before 12:01:20Z: it answers with an error of its own',
  ])
  siem.status = 204
  s.at(81)
  expect((await settled(s)).said).toEqual([])
})

test('one that takes the next alert gets by the same command what waited for a later time', async () => {
  const siem = await answering(401)
  const s = await stage({ webhooks: { siem: hookAt(siem.url) } })
  await raiseAlert(s.gateway, ALERT)
  expect(await settled(s)).toEqual({
    said: [
      'an alert not sent to webhook:siem: it refuses what is signed with "ops/hook"; it is tried again',
    ],
    hints: [expect.stringContaining('secretref secrets set ops/hook')],
  })
  siem.status = 204
  await raiseAlert(s.gateway, { ...ALERT, key: 'another' })
  s.at(1)
  expect((await settled(s)).said).toEqual([])
  expect(siem.requests).toHaveLength(3)
})

test.each([
  ['exit 7', 'its program ended with exit code 7', { reason: 'exit-code', exit: { code: 7 } }],
  ['kill -9 $$', 'its program was ended by a signal', { reason: 'killed' }],
])('a program that does `%s` is told as that, also while it waits', async (line, words, record) => {
  const s = await stage((world) => ({
    commands: { page: { command: [world.write('page', `#!/bin/sh\n${line}\n`, 0o700)] } },
  }))
  await raiseAlert(s.gateway, ALERT)
  const hint = expect.stringContaining('run it by hand with the JSON of an alert on stdin')
  expect(await settled(s)).toEqual({
    said: [`an alert not sent to command:page: ${words}; it is tried again`],
    hints: [hint],
  })
  expect(await settled(s)).toEqual({
    said: [`an alert still waits for command:page, not before 12:00:05Z: ${words}`],
    hints: [hint],
  })
  expect(s.records()).toContainEqual(expect.objectContaining({ event: 'alert.failed', ...record }))
})

const whsec = (part: string): string => ['whsec', part].join('_')

test.each([
  [
    'too short',
    Buffer.from('fake-short').toString('base64'),
    'is too short, 24 bytes is the least',
  ],
  ['no base64', 'fake-key!', 'begins with whsec_ and goes on with what is no base64'],
])(
  'a signing secret that is %s is told as that, with how to make one; mended, all is sent',
  async (_, rest, words) => {
    const own = await receiver()
    const s = await stage(
      { webhooks: { siem: hookAt(own.url) } },
      { secrets: { ...SECRETS, 'ops/hook': whsec(rest) } },
    )
    await raiseAlert(s.gateway, ALERT)
    const hint =
      'make one: whsec_ and what `openssl rand -base64 32` prints; give it to the receiver, and here: secretref secrets set ops/hook'
    expect(await settled(s, true)).toEqual({
      said: [
        `an alert not sent to webhook:siem: its signing secret "ops/hook" ${words}, and nothing was sent; it is tried again`,
      ],
      hints: [hint],
    })
    expect(s.records().at(-1)).toMatchObject({ event: 'alert.failed', reason: /^secret-/ })
    expect(await settled(s)).toEqual({
      said: [
        `an alert still waits for webhook:siem, not before 12:00:05Z: its signing secret "ops/hook" ${words}, and nothing was sent`,
      ],
      hints: [hint],
    })
    // Each try makes the next one later; who asks for all does not wait for that.
    for (const seconds of [6, 20, 60, 120]) {
      s.at(seconds)
      await settled(s)
    }
    expect(own.requests).toEqual([])
    s.world.writeSecrets({ ...SECRETS, 'ops/hook': whsec(KEY.toString('base64')) })
    s.at(121)
    expect((await settled(s)).said).toHaveLength(1)
    expect(await settled(s, true)).toEqual({ said: [], hints: [] })
    expect(own.taken).toHaveLength(1)
  },
)
