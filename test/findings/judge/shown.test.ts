import { expect, test } from 'vitest'
import { found } from '../../../src/findings/judge/finding.ts'
import { shownFinding } from '../../../src/findings/judge/shown.ts'

/** In two pieces, so that no scanner takes it for a real one. */
const LITERAL = ['sk_live_', 'fake0fake0fake0'].join('')

test('a credential is hidden wherever it stands, and everything else stays', () => {
  const finding = found({
    code: 'unused-ref',
    subject: LITERAL,
    detail: `was ${LITERAL}`,
    note: `was ${LITERAL}`,
    message: `"${LITERAL}" is not used`,
    refs: ['kept', LITERAL],
    places: [{ file: `/c/${LITERAL}`, line: 3, at: LITERAL, provider: LITERAL }],
  })
  const shown = shownFinding(finding)
  expect(JSON.stringify(shown)).not.toContain('fake0')
  expect(shown).toMatchObject({
    code: 'unused-ref',
    severity: 'warning',
    hint: finding.hint,
    refs: ['kept', '(hidden)'],
    places: [{ line: 3 }],
  })
  const plain = found({ code: 'unused-ref', subject: 'a', message: 'm', places: [{ line: 1 }] })
  expect(shownFinding(plain)).toEqual(plain)
})
