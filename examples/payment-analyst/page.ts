/** The report as one page that needs nothing else: no script, no request, light and dark. */
import { createHash } from 'node:crypto'
import { chart, sign } from './chart.ts'
import { forHtml } from './escape.ts'
import { day, findingsIn, headline, minute, type Analysis, type Finding } from './findings.ts'
import { money } from './money.ts'
import { METHOD, ordinary, SOURCE } from './report.ts'
import { STYLE } from './style.ts'

export function htmlPage(analysis: Analysis): string {
  const { since, until, fetched, ranges, anomalies } = analysis
  const findings = findingsIn(analysis)
  // Even a description that slipped through unescaped could load and run nothing.
  const style = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Payment report, ${day(until)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="period">${day(since)} to ${day(until)}, UTC</p>
<h1>Payment report</h1>
<p class="lead">${capital(headline(analysis))}.</p>
${fetched.complete ? '' : '<p class="note">There were more charges than this report asks for.</p>'}
</header>
<section class="tiles">
${tile(fetched.charges.length, 'charges')}
${tile(anomalies.length, 'marked', anomalies.length > 0 ? 'hot' : '')}
${tile(findings.length, 'findings')}
${tile(ranges.length, ranges.length === 1 ? 'currency' : 'currencies')}
</section>
<section>
<div class="legend">
<span><svg viewBox="-7 -7 14 14"><circle class="ordinary" r="3"/></svg>ordinary</span>
<span><svg viewBox="-7 -7 14 14"><rect class="band" x="-7" y="-5" width="14" height="10"/></svg>ordinary amounts</span>
${(['large', 'small', 'burst'] as const).map((kind) => `<span><svg viewBox="-7 -7 14 14">${sign(kind)}</svg>${NAMES[kind]}</span>`).join('\n')}
</div>
<div class="scroll">${chart(analysis)}</div>
</section>
<section>
<h2>What stands out</h2>
${findings.length === 0 ? '<p>Nothing.</p>' : findingsTable(findings)}
</section>
<section>
<h2>What is ordinary</h2>
${table(
  ['Currency', 'Charges', 'Median', 'Ordinary amounts'],
  ranges.map((range) => [
    range.currency.toUpperCase(),
    range.count.toLocaleString('en-US'),
    money(Math.round(range.median), range.currency),
    ordinary(range),
  ]),
)}
</section>
${anomalies.length === 0 ? '' : chargesTable(analysis)}
<footer><p>${capital(METHOD)} <a href="${SOURCE}">NIST/SEMATECH e-Handbook, 1.3.5.17</a></p></footer>
</main>
</body>
</html>
`
}

const NAMES = { large: 'unusually large', small: 'unusually small', burst: 'many in a short time' }

function tile(count: number, name: string, style = ''): string {
  return `<div class="tile ${style}"><b>${count.toLocaleString('en-US')}</b><span>${name}</span></div>`
}

function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map(
    ({ created, kind, text, score }) =>
      `<tr><td class="when">${minute(created)}</td><td class="kind"><svg viewBox="-7 -7 14 14">${sign(kind)}</svg>${kind}</td><td>${forHtml(text)}</td><td class="number">${score.toFixed(1)}</td></tr>`,
  )
  return `<div class="scroll"><table>
<thead><tr><th>Time (UTC)</th><th>Kind</th><th>What</th><th class="number">Score</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`
}

function chargesTable({ anomalies }: Analysis): string {
  const rows = anomalies
    .map(({ charge }) => charge)
    .sort((a, b) => b.created - a.created)
    .map((charge) => [
      charge.id,
      minute(charge.created),
      money(charge.amount, charge.currency),
      charge.refunded > 0 ? 'refunded' : charge.status,
      charge.payer ?? '',
      charge.description,
    ])
  return `<details><summary>${anomalies.length === 1 ? 'The charge' : `The ${anomalies.length} charges`}</summary>
${table(['Charge', 'Time (UTC)', 'Amount', 'Status', 'Payer', 'Description'], rows)}
</details>`
}

/** Every cell is escaped here. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<div class="scroll"><table>
<thead>${row(head, 'th')}</thead>
<tbody>
${rows.map((cells) => row(cells, 'td')).join('\n')}
</tbody></table></div>`
}

function row(cells: readonly string[], tag: string): string {
  return `<tr>${cells.map((cell) => `<${tag}>${forHtml(cell)}</${tag}>`).join('')}</tr>`
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
