import { expect, test } from 'vitest'
import { found } from '../../src/findings/judge/finding.ts'
import { findingsText, placeText } from '../../src/findings/text.ts'

const UNUSED = found({
  code: 'unused-ref',
  subject: 'legacy-github-token',
  detail: 'delete after migration',
  message: 'no binding of any agent uses it',
  places: [{ file: '/c.json', line: 4, column: 7, at: 'refMap.legacy-github-token' }],
})
const LINE = 'unused-ref: legacy-github-token (delete after migration)\n'

test('the article’s line; words where signs cannot be shown', () => {
  expect(findingsText([UNUSED], { signs: true, verbose: false })).toBe(`⚠️ ${LINE}`)
  expect(findingsText([UNUSED], { signs: false, verbose: false })).toBe(`[warn] ${LINE}`)
})

test('--verbose adds what it means, where it is and what to do', () => {
  expect(findingsText([UNUSED], { signs: true, verbose: true })).toBe(
    `⚠️ ${LINE}   no binding of any agent uses it\n` +
      '   /c.json:4:7: refMap.legacy-github-token\n' +
      '   hint: remove it from the config, and its value from the store once nobody else reads it\n',
  )
})

test('nothing in it can act on a terminal or begin a line', () => {
  const evil = 'a\u{1b}[2Jb\n❌ expired: forged\u{202e}'
  const finding = { ...UNUSED, subject: evil, detail: evil, message: evil, hint: evil }
  const places = [{ file: evil, at: evil, provider: evil }]
  const text = findingsText([{ ...finding, places, agents: [evil] }], {
    signs: true,
    verbose: true,
  })
  for (const char of ['\u{1b}', '\u{202e}']) expect(text.includes(char)).toBe(false)
  expect(text.split('\n').filter((line) => /^\S/.test(line))).toHaveLength(1)
})

test.each([
  [{ file: '/c.json', line: 4, column: 7, at: 'x.y' }, '/c.json:4:7: x.y'],
  [{ file: '/c.json' }, '/c.json'],
  [{ provider: 'file', file: '/s.json', at: 'key' }, '/s.json: provider file: key'],
  [{ provider: 'env' }, 'provider env'],
])('%j', (place, text) => {
  expect(placeText(place)).toBe(text)
})
