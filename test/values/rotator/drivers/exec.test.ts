/** A rotating program that goes wrong: each way has its own sentence, and none has what it printed. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseDid } from '../../../../src/gateway/rotate/rotator.ts'
import { reasonOf } from '../../../../src/gateway/rotate/tell.ts'
import type { Did } from '../../../../src/gateway/rotate/words.ts'
import { troubled } from '../../../../src/values/rotator/done.ts'
import type { Trouble } from '../../../../src/values/rotator/driver.ts'
import { driver } from '../../../../src/values/rotator/drivers/exec.ts'

const PRINTED = ['fake', 'printed', 'value'].join('-')

interface Given {
  mode?: number
  options?: object
  missing?: true
}

/** Of the step `create`, by a shell script. */
async function create(
  script: string,
  { mode = 0o700, options = {}, missing }: Given = {},
): Promise<{ trouble: Trouble; command: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-exec-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const command = join(dir, 'rotate')
  if (missing !== true) {
    writeFileSync(command, script)
    chmodSync(command, mode)
  }
  const context = { signal: new AbortController().signal, now: () => new Date() }
  const issuer = await driver.open({ class: 'issued', command, ...options }, context)
  const made = await issuer.create?.('t1', { value: Buffer.from('fake-current') })
  if (made === undefined || made.kind === 'made') throw new Error('it went well')
  return { trouble: made, command }
}

/** As it comes across the wall, with what is said of it then. */
function said(trouble: Trouble, command: string): { did: Did; message: string; hint: string } {
  const line = JSON.stringify({ did: 'create', ...troubled(trouble) })
  const did = parseDid(line, 'create')
  if (did === undefined) throw new Error('the line breaks the contract')
  const words = reasonOf(
    {
      ref: 'api-key',
      environment: 'default',
      rotate: { options: {} },
      driver: 'exec',
      class: 'issued',
      guided: false,
      options: { command },
      step: { provider: 'main', at: { path: 'api-key' } },
      provider: { type: 'store', options: {} },
      targets: [],
      agents: [],
    },
    did,
  )
  if (words === undefined) throw new Error('nothing is said of it')
  return { did, ...words }
}

const sh = (line: string): string => `#!/bin/sh\necho ${PRINTED}; echo ${PRINTED} >&2\n${line}\n`

const WRONG: [string, string, Given, Partial<Did>, RegExp][] = [
  [
    'it hangs',
    sh('exec sleep 60'),
    { options: { timeoutMs: 300 } },
    { result: 'unknown', reason: 'timeout', program: { step: 'create', timeoutMs: 300 } },
    /did not answer step "create" within 0\.3 s, and was ended$/,
  ],
  [
    'it ends with an error',
    sh('exit 3'),
    {},
    { result: 'unknown', reason: 'exit-code', program: { step: 'create', exit: 3 } },
    /ended with exit code 3 at step "create"$/,
  ],
  [
    'it is killed',
    sh('kill -9 $$'),
    {},
    { result: 'unknown', reason: 'killed', program: { step: 'create', signal: 'SIGKILL' } },
    /was ended by SIGKILL at step "create"$/,
  ],
  [
    'it is not there',
    '',
    { missing: true },
    { result: 'unavailable', reason: 'no-such-file', program: { step: 'create' } },
    /does not exist$/,
  ],
  [
    'it may not be run',
    sh('exit 0'),
    { mode: 0o600 },
    { result: 'unavailable', reason: 'not-executable', program: { step: 'create' } },
    /is not executable$/,
  ],
  [
    'its interpreter is not there',
    '#!/nowhere/python\n',
    {},
    { result: 'unavailable', reason: 'not-startable', program: { step: 'create' } },
    /could not be started$/,
  ],
  [
    'it prints anything',
    sh('exit 0'),
    {},
    { result: 'unknown', reason: 'bad-answer', program: { step: 'create' } },
    /answered step "create" with something else than its protocol has$/,
  ],
  [
    'its answer has no value',
    '#!/bin/sh\necho "{}"\n',
    {},
    { result: 'unknown', reason: 'bad-answer' },
    /answered step "create" with something else/,
  ],
  [
    'it prints too much',
    sh('head -c 2000000 /dev/zero'),
    {},
    { result: 'unknown', reason: 'output-too-large' },
    /wrote more than 1 MiB at step "create"/,
  ],
  [
    'it does not know',
    '#!/bin/sh\necho \'{"error":"unknown"}\'\n',
    {},
    { result: 'unknown', code: 'PROVIDER_UNAVAILABLE' },
    /does not know whether step "create" was done$/,
  ],
  [
    'it has not done it',
    '#!/bin/sh\necho \'{"error":"unavailable"}\'\n',
    {},
    { result: 'unavailable', code: 'PROVIDER_UNAVAILABLE' },
    /could not do step "create", and has done nothing$/,
  ],
  [
    'it waits',
    '#!/bin/sh\necho \'{"error":"waiting"}\'\n',
    {},
    { result: 'waiting' },
    /waits for somebody before step "create"$/,
  ],
  [
    'its service refuses',
    '#!/bin/sh\necho \'{"error":"refused"}\'\n',
    {},
    { result: 'refused', code: 'CREDENTIAL_REJECTED' },
    /was refused step "create", which it did by the current value of "api-key"$/,
  ],
  [
    'others may change it',
    sh('exit 0'),
    { mode: 0o722 },
    { result: 'refused', code: 'FILE_INSECURE', reason: 'mode' },
    /^other users can change \//,
  ],
]

test.each(WRONG)('%s', async (_, script, given, expected, sentence) => {
  const { trouble, command } = await create(script, given)
  const { did, message, hint } = said(trouble, command)
  expect(did).toMatchObject({ did: 'create', service: true, ...expected })
  expect(message).toMatch(sentence)
  expect(message).toContain(command)
  expect(hint).not.toBe('')
  expect(JSON.stringify(did) + message + hint).not.toContain(PRINTED)
})

const line = (program: unknown): Did | undefined =>
  parseDid(JSON.stringify({ did: 'create', result: 'unknown', program }), 'create')

test('what a program may not say does not cross the wall', () => {
  for (const program of [PRINTED, { step: PRINTED }, [], null]) {
    expect(line(program)).toEqual({ did: 'create', result: 'unknown' })
  }
  const step = 'try'
  for (const more of [
    { exit: PRINTED, signal: PRINTED },
    { exit: 256, timeoutMs: 1e9 },
  ]) {
    expect(line({ step, ...more })).toMatchObject({ program: { step } })
    expect(JSON.stringify(line({ step, ...more }))).not.toMatch(/fake|exit|timeoutMs/)
  }
})

test('whose value the step was about is said', async () => {
  const { trouble, command } = await create('#!/bin/sh\necho \'{"error":"refused"}\'\n')
  const about = { ...trouble, program: { step: 'try' as const } }
  const told = JSON.stringify({ did: 'verify', ...troubled(about, 'new') })
  expect(parseDid(told, 'verify')).toMatchObject({ whose: 'new', program: { step: 'try' } })
  expect(said(about, command).message).toContain('was refused step "try"')
})
