import { expect, test } from 'vitest'
import { explainProgram } from '../../src/policy/explain-program.ts'
import { REASONS } from '../../src/policy/reasons.ts'
import { PROGRAM_STEPS, type ProgramStep } from '../../src/rotation/program.ts'

const explained = (step: ProgramStep, reason: string): { message: string; hint: string } =>
  explainProgram({
    ref: 'billing',
    command: '/rotate-billing',
    code: 'PROVIDER_INVALID',
    reason,
    result: 'refused',
    program: { step },
  })

test('every reason has words at every step, one lower-case sentence without a full stop', () => {
  for (const step of PROGRAM_STEPS) {
    for (const reason of REASONS) {
      const { message, hint } = explained(step, reason)
      expect(message).toMatch(/^[a-z"/].*[^.]$/)
      expect(hint).not.toBe('')
    }
  }
})

test('of a name that is a value it says in which field', () => {
  const create = explained('create', 'refused-metadata')
  expect(create.message).toBe(
    'the program that rotates "billing", /rotate-billing, answered step "create" with a name that is a value, or holds one',
  )
  expect(create.hint).toMatch(/^as "id" have it/)
  expect(explained('marked', 'refused-metadata').hint).toMatch(/^as "ids" have it/)
})
