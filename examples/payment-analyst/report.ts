/** The report as Markdown, and the message for Slack. */
import type { Range } from './anomalies.ts'
import { forMarkdown, forSlack } from './escape.ts'
import { day, findingsIn, headline, minute, type Analysis } from './findings.ts'
import { money } from './money.ts'
import { LIMIT } from './statistic.ts'

export const SOURCE = 'https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm'

export function markdownReport(analysis: Analysis): string {
  const { fetched, since, until, ranges, anomalies } = analysis
  const byId = new Map(anomalies.map(({ charge }) => [charge.id, charge]))
  const findings = findingsIn(analysis)
  return [
    '# Payment report',
    '',
    `${day(since)} to ${day(until)} (UTC): **${headline(analysis)}**.`,
    ...(fetched.complete ? [] : ['', 'There were more charges than this report asks for.']),
    '',
    ...table(
      ['Currency', 'Charges', 'Median', 'Ordinary'],
      ranges.map((range) => [
        forMarkdown(range.currency.toUpperCase()),
        String(range.count),
        money(Math.round(range.median), range.currency),
        ordinary(range),
      ]),
    ),
    '',
    '## What stands out',
    '',
    ...(findings.length === 0
      ? ['Nothing.']
      : table(
          ['Time (UTC)', 'Kind', 'What', 'Score'],
          findings.map(({ created, kind, text, score }) => [
            minute(created),
            kind,
            forMarkdown(text),
            score.toFixed(1),
          ]),
        )),
    '',
    ...(findings.length === 0 ? [] : ['## The charges', '']),
    ...(findings.length === 0
      ? []
      : table(
          ['Charge', 'Time (UTC)', 'Amount', 'Status', 'Payer', 'Description'],
          findings
            .flatMap(({ charges }) => charges)
            .filter((id, n, all) => all.indexOf(id) === n)
            .flatMap((id) => {
              const charge = byId.get(id)
              if (charge === undefined) return []
              return [
                [
                  forMarkdown(id),
                  minute(charge.created),
                  money(charge.amount, charge.currency),
                  forMarkdown(charge.refunded > 0 ? 'refunded' : charge.status),
                  forMarkdown(charge.payer ?? ''),
                  forMarkdown(charge.description),
                ],
              ]
            }),
        )),
    ...(findings.length === 0 ? [] : ['']),
    `Method: ${METHOD} <${SOURCE}>`,
    '',
  ].join('\n')
}

export const METHOD = `amounts per currency on a logarithmic scale, and charges of one payer within an hour, by the modified z-score with median and MAD; beyond ${LIMIT} is an outlier (Iglewicz and Hoaglin, 1993).`

/** Slack's own markup; the few strongest findings, since a message is read on a phone. */
export function slackMessage(analysis: Analysis): string {
  const findings = findingsIn(analysis)
  const shown = findings.slice(0, 5)
  const more = findings.length - shown.length
  return [
    `*Payment report*, ${day(analysis.since)} to ${day(analysis.until)}: ${headline(analysis)}.`,
    ...shown.map(({ kind, text }) => `• ${kind}: ${forSlack(text)}`),
    ...(more > 0 ? [`and ${more} more in the report.`] : []),
  ].join('\n')
}

export function ordinary({ ordinary: bounds, currency }: Range): string {
  if (bounds === undefined) return 'too few to say'
  return `${money(Math.ceil(bounds.low), currency)} to ${money(Math.floor(bounds.high), currency)}`
}

/** Padded, so that it reads well in a terminal, too. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((cell, n) =>
    Math.max(cell.length, ...rows.map((cells) => (cells[n] ?? '').length)),
  )
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...rows].map(
    (cells) => `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`,
  )
}
