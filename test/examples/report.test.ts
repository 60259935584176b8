import { describe, expect, test } from 'vitest'
import { anomaliesIn, rangesIn } from '../../examples/payment-analyst/anomalies.ts'
import type { Charge } from '../../examples/payment-analyst/charges.ts'
import { forHtml, forMarkdown, forSlack } from '../../examples/payment-analyst/escape.ts'
import type { Analysis } from '../../examples/payment-analyst/findings.ts'
import { money } from '../../examples/payment-analyst/money.ts'
import { htmlPage } from '../../examples/payment-analyst/page.ts'
import { markdownReport, slackMessage } from '../../examples/payment-analyst/report.ts'

const END = 1_800_000_000
const HOSTILE = '</svg><img src=x onerror=alert(1)> | [x](javascript:y) <!channel> `a` \u202e\u0007'

function analysisOf(charges: readonly Charge[], complete = true): Analysis {
  return {
    since: new Date((END - 30 * 86_400) * 1000),
    until: new Date(END * 1000),
    fetched: { charges, pages: 1, complete },
    ranges: rangesIn(charges),
    anomalies: anomaliesIn(charges),
  }
}

const ordinary = Array.from({ length: 40 }, (_, n): Charge => ({
  id: `ch_${n}`,
  created: END - n * 40_000,
  amount: 800 + 10 * n,
  refunded: 0,
  currency: 'usd',
  payer: `cus_${n}`,
  status: 'succeeded',
  description: 'Course',
}))
const hostile: Charge = {
  id: `ch_${HOSTILE}`,
  created: END - 1000,
  amount: 999_999,
  refunded: 1,
  currency: 'usd',
  payer: `cus_${HOSTILE}`,
  status: HOSTILE,
  description: HOSTILE,
}

describe('a text that is meant to be markup elsewhere', () => {
  test('in HTML is text', () => {
    expect(forHtml(HOSTILE)).not.toMatch(/[<>"'\p{C}]/u)
    const page = htmlPage(analysisOf([...ordinary, hostile]))
    expect(page).not.toContain('<img')
    expect(page.match(/<\/svg>/g)?.length).toBe(page.match(/<svg/g)?.length)
  })

  test('in Markdown is text, and stays in its cell', () => {
    expect(forMarkdown('a|b`c`[d](e)<f>*g*_h_')).toBe('a\\|b\\`c\\`\\[d\\](e)\\<f\\>\\*g\\*\\_h\\_')
    const report = markdownReport(analysisOf([...ordinary, hostile]))
    expect(report).not.toMatch(/(?<!\\)<(?!https:\/\/www\.itl\.nist\.gov)/)
    const rows = report.split('\n').filter((line) => line.startsWith('| ch'))
    expect(rows.length).toBe(1)
    expect(rows[0]?.match(/(?<!\\)\|/g)?.length).toBe(7)
  })

  test('in Slack neither calls a channel nor links', () => {
    expect(forSlack('<!channel> a & b')).toBe('&lt;!channel&gt; a &amp; b')
    expect(slackMessage(analysisOf([...ordinary, hostile]))).not.toMatch(/[<>]/)
  })
})

describe('the page', () => {
  const large = { ...ordinary[0]!, id: 'ch_large', amount: 999_999 }
  const page = htmlPage(analysisOf([...ordinary, large]))

  test('loads nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|<link|<iframe|@import|url\(|\bsrc=|\bon\w+="/i)
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-/)
    expect(page.match(/https?:[^"< ]+/g)).toEqual([
      'https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm',
    ])
  })

  test('has a dot for every ordinary charge and a sign for every other', () => {
    expect(page.match(/<circle cx/g)?.length).toBe(40)
    expect(page.match(/<title>[^<]*score/g)?.length).toBe(1)
    expect(page).toContain('prefers-color-scheme: dark')
  })

  test('of a great many charges stays of a size that a browser likes', () => {
    const many = Array.from({ length: 20_000 }, (_, n): Charge => ({
      ...hostile,
      id: `ch_${n}`,
      amount: 500 + (n % 700),
      created: END - n,
      payer: undefined,
    }))
    const heavy = htmlPage(analysisOf(many, false))
    expect(heavy.length).toBeLessThan(1_000_000)
    expect(heavy).toContain('more charges than this report asks for')
  })
})

describe('a quiet month', () => {
  test.each([
    ['without a charge', [], 'all 0 charges look ordinary'],
    ['with one', ordinary.slice(0, 1), 'all 1 charges look ordinary'],
    ['with ordinary ones', ordinary, 'all 40 charges look ordinary'],
  ])('%s', (_, charges, words) => {
    const analysis = analysisOf(charges)
    expect(markdownReport(analysis)).toContain(words)
    expect(htmlPage(analysis).toLowerCase()).toContain(words)
    expect(slackMessage(analysis)).toBe(`*Payment report*, 16 Dec 2026 to 15 Jan 2027: ${words}.`)
    for (const text of [markdownReport(analysis), htmlPage(analysis)])
      expect(text).not.toMatch(/NaN|undefined|Infinity/)
  })
})

describe('money', () => {
  test.each([
    [123_456, 'usd', '1,234.56 USD'],
    [5, 'eur', '0.05 EUR'],
    [5800, 'jpy', '5,800 JPY'],
    [5120, 'kwd', '5.120 KWD'],
    [500, 'isk', '5.00 ISK'],
    [0, 'usd', '0.00 USD'],
  ])('%d %s is %s', (amount, currency, text) => {
    expect(money(amount, currency)).toBe(text)
  })
})
