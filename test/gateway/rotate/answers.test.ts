/** What a rotation's last answer was, kept beside its journal until a step goes well. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, type Answer } from '../../../src/rotation/answers.ts'
import { openJournal } from '../../../src/rotation/journal.ts'
import { Stage } from './stage.ts'

const VALUE = ['fake', 'first'].join('-')

interface Programmed {
  stage: Stage
  /** Its program does this from now on. */
  does(body: string, mode?: number): void
  /** One attempt. @returns the step that it came to, and what is kept then */
  attempt(): Promise<{ step: string; answer: Answer | undefined }>
}

async function programmed(): Promise<Programmed> {
  const options: Record<string, unknown> = { class: 'chosen', timeoutMs: 300 }
  const stage = await Stage.make({ type: 'exec', class: 'chosen', options }, VALUE)
  const command = join(stage.home.dir, 'program')
  options['command'] = command
  const db = openJournal(stage.home)
  onTestFinished(() => db.close())
  return {
    stage,
    does: (body, mode = 0o700) => {
      writeFileSync(command, `#!/bin/sh\n${body}\n`)
      chmodSync(command, mode)
    },
    attempt: async () => {
      const { rotation } = await stage.attempt()
      return { step: rotation.step, answer: answerOf(db, rotation.id) }
    },
  }
}

const PRINTED = ['fake', 'printed'].join('-')
test.each<[what: string, body: string, mode: number, answer: Partial<Answer>]>([
  ['its exit code', 'exit 7', 0o700, { reason: 'exit-code', program: { step: 'try', exit: 7 } }],
  ['garbage', `echo ${PRINTED}`, 0o700, { reason: 'bad-answer', program: { step: 'try' } }],
  [
    'its time was over',
    'sleep 9',
    0o700,
    { reason: 'timeout', program: { step: 'try', timeoutMs: 300 } },
  ],
  [
    'a signal',
    'kill -SEGV $$',
    0o700,
    { reason: 'killed', program: { step: 'try', signal: 'SIGSEGV' } },
  ],
  [
    'it waits',
    `echo '{"error":"waiting"}'`,
    0o700,
    { result: 'waiting', program: { step: 'try' } },
  ],
])('%s', async (_, body, mode, answer) => {
  const one = await programmed()
  one.does(body, mode)
  const met = await one.attempt()
  expect(met.answer).toMatchObject({ did: 'stage', service: true, whose: 'old', ...answer })
  expect(JSON.stringify(met)).not.toContain(PRINTED)
})

test('a program that others may write to: that is said of it, and of no value', async () => {
  const one = await programmed()
  one.does('exit 0', 0o722)
  const { answer } = await one.attempt()
  expect(answer).toMatchObject({ did: 'stage', service: true, reason: 'mode' })
  expect(answer).not.toHaveProperty('whose')
})

test('it goes with the first step that goes well, and outlives the undoing', async () => {
  const one = await programmed()
  one.does('exit 7')
  expect(await one.attempt()).toMatchObject({ step: 'intent', answer: { reason: 'exit-code' } })
  one.does(`read -r told
    case "$told" in
      *'"step":"try"'*) echo '{"account":"a"}' ;;
      *'"step":"choose"'*) echo '{"value":"${['fake', 'next'].join('-')}"}' ;;
      *) exit 9 ;;
    esac`)
  const set = { step: 'staged', answer: { did: 'set', program: { step: 'set', exit: 9 } } }
  expect(await one.attempt()).toMatchObject(set)
  one.does(`echo '{"error":"refused"}'`)
  const undoing = await one.attempt()
  expect(undoing.answer).toMatchObject({ did: 'discard', result: 'refused' })
  one.does(`echo '{"account":"a"}'`)
  expect(await one.attempt()).toMatchObject({ step: 'planned', answer: { did: 'discard' } })
}, 30_000)
