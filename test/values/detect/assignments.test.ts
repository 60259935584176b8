import { describe, expect, test } from 'vitest'
import { assignmentSpans } from '../../../src/values/detect/assignments.ts'

const VALUE = 'q7Rk2mZx9TfW4bLp'
const found = (text: string): string[] =>
  assignmentSpans(text).map(({ start, end }) => text.slice(start, end))

describe('a value is found by its name', () => {
  test.each([
    `OPENAI_API_KEY=${VALUE}`,
    `export MY_TOKEN=${VALUE}`,
    `SLACK_BOT_TOKEN="${VALUE}"`,
    `DB_PASSWORD='${VALUE}'`,
    `  - FOO_SECRET: ${VALUE}`,
    `{"apiKey": "${VALUE}"}`,
    `{"env":{"GITHUB_TOKEN":"${VALUE}"}}`,
    `{"apiKey":\n   "${VALUE}"}`,
    `{"key": "${VALUE}", "type": "api_key"}`,
    `{"headers": {"Authorization": "Bearer ${VALUE}"}}`,
    `curl -H "Authorization: Bearer ${VALUE}" https://example.com`,
    `curl -H 'X-Api-Key: ${VALUE}' https://example.com`,
    `tool --api-key ${VALUE} run`,
    `tool --token=${VALUE}`,
    `api_key = "${VALUE}"`,
    `AWS_SECRET_ACCESS_KEY=${VALUE}`,
    `FOO_TOKEN=${VALUE} ./run`,
    `: 1700000000:0;export A_KEY=${VALUE}`,
    `- cmd: export A_KEY=${VALUE}`,
    `A_KEY=${VALUE}\r\nB=1`,
  ])('%s', (text) => {
    expect(found(text)).toEqual([VALUE])
  })

  test('each of several', () => {
    expect(found(`A_KEY=${VALUE}1\nB_TOKEN=${VALUE}2\n`)).toEqual([`${VALUE}1`, `${VALUE}2`])
  })

  test('a value of many classes is not cut at its signs', () => {
    expect(found('A_KEY=ab+/cd12==')).toEqual(['ab+/cd12=='])
    expect(found('{"password": "it\\"s 1"}')).toEqual([])
    expect(found('{"password": "it\\"s-1-2-3"}')).toEqual(['it\\"s-1-2-3'])
  })
})

describe('and is none', () => {
  test.each([
    'A_KEY=',
    'A_KEY=short',
    'A_KEY=${OTHER}',
    'A_KEY=$OTHER_KEY',
    'A_KEY=$(pass show key)',
    'A_KEY=changeme',
    'A_KEY=<your-api-key>',
    'A_KEY=your-api-key-here',
    'A_KEY=xxxxxxxxxxxxxxxx',
    '{"apiKey": "secretref:stripe-api-key"}',
    '{"apiKey": "secretref://production/stripe-api-key"}',
    '{"apiKey": "op://vault/item/field"}',
    '{"apiKey": "secretref-managed"}',
    '{"apiKey": "OPENAI_API_KEY"}',
    '{"apiKey": {"source": "env", "provider": "default", "id": "OPENAI_API_KEY"}}',
    '{"maxTokens": 100000000}',
    '{"auth": "required-always"}',
    '{"authHeader": "x-api-key-1"}',
    'STRIPE_PUBLISHABLE_KEY=pk_of_nobody_1234567',
    'SSH_KEY=~/.ssh/id_ed25519',
    'TLS_KEY=/etc/ssl/private/a1.key',
    'WEBHOOK_URL=https://example.com/hooks',
    'TOKEN_TYPE=q7Rk2mZx9TfW4bLp',
    'monkey=true and so on',
  ])('%s', (text) => {
    expect(found(text)).toEqual([])
  })
})

test('a text that is made to take for ever takes no time', () => {
  const begun = performance.now()
  for (const piece of ['a', 'key=', '"', "'", 'a.', '-', '--a ', 'key="\\', ' ', 'key:        ']) {
    assignmentSpans(piece.repeat(Math.ceil(300_000 / piece.length)))
  }
  expect(performance.now() - begun).toBeLessThan(8000)
})
