/** The whole demo and the three agents, as a newcomer starts them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ran, temporaryFolder, type Ended } from './surroundings.ts'

/** A HOME with nothing in it, and a TMPDIR of which every remainder can be seen. */
function surroundings(): { env: Record<string, string>; tmp: string } {
  const tmp = temporaryFolder()
  return { tmp, env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TMPDIR: tmp } }
}

const remains = (tmp: string): string[] =>
  readdirSync(tmp).filter((name) => name.startsWith('secretref-demo-'))

/** The part of what was printed that one heading is above. */
const section = ({ stdout }: Ended, title: string): string =>
  stdout.split(/\n(?=\S)/).find((part) => part.startsWith(title)) ?? ''

describe('npm run demo', () => {
  test('plays the article’s case to its end and leaves nothing but the report', async () => {
    const { env, tmp } = surroundings()
    const run = await ran('payment-analyst/demo.ts', { ...env, LANG: 'C.UTF-8' })
    expect(run).toMatchObject({ code: 0, stderr: '' })

    const inAYear = new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10)
    const inTenMonths = new Date(Date.now() + 298 * 86_400_000).toISOString().slice(0, 10)
    expect(section(run, '5.')).toContain(`✅ STRIPE_API_KEY: injected (valid until ${inAYear})`)
    expect(section(run, '5.')).toContain(
      `✅ SLACK_BOT_TOKEN: injected (valid until ${inTenMonths})`,
    )
    expect(section(run, '2.')).toContain('1,264 charges in 13 pages from Stripe')
    expect(section(run, '3.')).toContain('24 of 1,264 charges are not like the others')
    for (const event of ['grant.intent', 'grant.released', 'grant.delivered', 'run.ended'])
      expect(section(run, '6.')).toContain(event)
    // The monitor looks when it is asked to, and not at each start of an agent.
    expect(section(run, '6.')).not.toContain('grant.checked')
    const inFiveDays = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
    expect(section(run, '7.')).toContain(
      `$ secretref monitor --check-expiry 7 --alert-channel "#finance-alerts"\n  ⚠️ stripe-api-key: ends in 5 days, ${inFiveDays} (payment-analyst)`,
    )
    expect(section(run, '7.')).toContain(
      `#finance-alerts received:\n  > warning: stripe-api-key of payment-analyst ends in 5 days, on ${inFiveDays}\n  > hint: `,
    )
    expect(section(run, '7.')).toMatch(
      /grant\.released +secretref-monitor +alerts-slack-token .* purpose=alert\n/,
    )
    expect(section(run, '8.')).toContain('[EXPIRED]')
    expect(section(run, '8.')).toMatch(
      /received:\n {2}> critical: payment-analyst: STRIPE_API_KEY: /,
    )

    // A made-up key holds the word fake; nothing that was printed does.
    expect(run.stdout).not.toMatch(/sk_test_fake|xoxb-fake/)
    // Nor does anything that is no terminal get colours.
    expect(run.stdout).not.toContain('\u001b')

    const page = /The report: (.+)$/m.exec(run.stdout)?.[1] ?? ''
    expect(readFileSync(page, 'utf8')).toContain('24 of 1,264 charges')
    expect(remains(tmp)).toEqual([])
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('cleans up after %s', async (signal) => {
    const { env, tmp } = surroundings()
    let folder: string | undefined
    const run = await ran('payment-analyst/demo.ts', env, (text, kill) => {
      if (!text.includes('2. The gateway') || folder !== undefined) return
      folder = /^ {2}(\S+)\/secrets\.json/m.exec(text)?.[1] ?? ''
      kill(signal)
    })
    expect(run.signal).toBe(signal)
    expect(folder).toContain(tmp)
    expect(existsSync(folder ?? '')).toBe(false)
    expect(remains(tmp)).toEqual([])
    expect(run.stdout).not.toContain('What just happened')
  })
})

describe('three agents', () => {
  test('each sees its own credential and no other', async () => {
    const { env, tmp } = surroundings()
    const run = await ran('three-agents/run.ts', env)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const seen = [
      ...run.stdout.matchAll(/sees (.+) and \d+ ordinary variables; (\w+) is (\w+)/g),
    ].map(([, ...words]) => words)
    for (const name of ['STRIPE_API_KEY', 'SLACK_BOT_TOKEN', 'GITHUB_TOKEN'])
      expect(seen).toContainEqual([name, name, 'right'])
    for (const [names, own, verdict] of seen) expect([names, verdict]).toEqual([own, 'right'])
    expect(seen.filter(([, own]) => own === 'GITHUB_TOKEN').length).toBeGreaterThanOrEqual(2)
    expect(remains(tmp)).toEqual([])
  })
})
