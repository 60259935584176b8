/**
 * The rules of secretlint's recommended preset. Only the id of a rule and a range are taken from what it
 * reports: its messages hold the value.
 */
import { lintSource } from '@secretlint/core'
import { secretLintProfiler } from '@secretlint/profiler'
import { rules as preset } from '@secretlint/secretlint-rule-preset-recommend'
import type { OtherKind } from '../../gateway/scan/words.ts'
import type { Span } from './span.ts'

/** It would keep a mark for every rule and every file. */
secretLintProfiler.setEnabled(false)

const PREFIX = '@secretlint/secretlint-rule-'

const KINDS: Readonly<Record<string, OtherKind>> = {
  privatekey: 'private-key',
  basicauth: 'basic-auth',
  'database-connection-string': 'database-connection-string',
  aws: 'aws',
  gcp: 'gcp',
  npm: 'npm',
  slack: 'slack',
  sendgrid: 'sendgrid',
  shopify: 'shopify',
  stripe: 'stripe',
  github: 'github',
  gitlab: 'gitlab',
  grafana: 'grafana',
  openai: 'openai',
  anthropic: 'anthropic',
  groq: 'groq',
  huggingface: 'huggingface',
  linear: 'linear',
  notion: 'notion',
  '1password': '1password',
  'hashicorp-vault': 'hashicorp-vault',
  vercel: 'vercel',
  databricks: 'databricks',
  docker: 'docker',
  figma: 'figma',
  cloudflare: 'cloudflare',
  tailscale: 'tailscale',
}

/** The preset's rule that lets a comment in a file switch the others off: a file does not judge itself. */
const SWITCH_OFF = `${PREFIX}filter-comments`

const RULES = preset
  .filter(({ meta }) => meta.id !== SWITCH_OFF)
  .map((rule) => ({ id: rule.meta.id, rule }))

/** Names of the preset's rules, without their common beginning. */
export const LINT_RULES: readonly string[] = RULES.map(({ id }) => id.slice(PREFIX.length))

/**
 * Its patterns may take longer than a text's length; in pieces of this size they cannot take long. What
 * lies across a border is seen whole in the next piece.
 */
const PIECE = 256 * 1024
const OVERLAP = 16 * 1024

/**
 * @param text one character for each byte
 * @param name of the file: some rules look at nothing but `.npmrc` or `package.json`
 */
export async function lintSpans(text: string, name: string): Promise<Span[]> {
  const spans: Span[] = []
  for (let from = 0; from === 0 || from + OVERLAP < text.length; from += PIECE - OVERLAP) {
    const { messages } = await lintSource({
      source: {
        content: text.slice(from, from + PIECE),
        filePath: name,
        ext: /\.[^.]*$/.exec(name)?.[0] ?? '',
        contentType: 'text',
      },
      options: { config: { rules: RULES }, noPhysicFilePath: true },
    })
    for (const { ruleId, range } of messages) {
      const kind = KINDS[ruleId.slice(PREFIX.length)]
      const [start, end] = range
      if (kind === undefined || !(end > start)) continue
      spans.push({ start: from + start, end: from + end, by: 'lint', ids: [kind], known: [] })
    }
  }
  return spans
}
