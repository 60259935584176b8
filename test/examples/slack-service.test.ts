import { describe, expect, test } from 'vitest'
import { digestOf } from '../../examples/payment-analyst/services/keys.ts'
import type { ServiceEvent } from '../../examples/payment-analyst/services/serve.ts'
import { slackListener } from '../../examples/payment-analyst/services/slack.ts'
import { listening, SLACK_TOKEN } from './surroundings.ts'

const accepted = { valid: [digestOf(SLACK_TOKEN)] }
const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json; charset=utf-8'
const BEARER = { Authorization: `Bearer ${SLACK_TOKEN}` }

async function call(
  method: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; answer: Record<string, unknown>; events: ServiceEvent[] }> {
  const events: ServiceEvent[] = []
  const base = await listening(slackListener(accepted, (event) => events.push(event)))
  const response = await fetch(`${base}/api/${method}`, { method: 'POST', headers, body })
  const answer: Record<string, unknown> = JSON.parse(await response.text())
  return { status: response.status, answer, events }
}

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString()

describe('the token is checked on every call', () => {
  test.each([
    ['in the header', BEARER, ''],
    ['in a form', {}, form({ token: SLACK_TOKEN })],
  ])('right, %s', async (_, headers, body) => {
    const { status, answer } = await call('auth.test', { ...headers, 'Content-Type': FORM }, body)
    expect(status).toBe(200)
    expect(answer).toMatchObject({ ok: true, user: 'payment-analyst', team_id: 'T0STANDIN1' })
  })

  test.each([
    ['missing', 'not_authed', {}, FORM, ''],
    ['in JSON, where it is not read', 'not_authed', {}, JSON_TYPE, `{"token":"${SLACK_TOKEN}"}`],
    ['without a scheme', 'not_authed', { Authorization: SLACK_TOKEN }, FORM, ''],
    ['wrong in the header', 'invalid_auth', { Authorization: 'Bearer xoxb-no' }, FORM, ''],
    ['wrong in a form', 'invalid_auth', {}, FORM, form({ token: 'xoxb-no' })],
  ])('%s: %s', async (_, error, headers, type, body) => {
    for (const method of ['auth.test', 'chat.postMessage', 'nothing']) {
      const { status, answer, events } = await call(
        method,
        { ...headers, 'Content-Type': type },
        body,
      )
      expect(status).toBe(200)
      expect(answer).toEqual({ ok: false, error })
      expect(events.some(({ event }) => event === 'message')).toBe(false)
    }
  })
})

describe('a message', () => {
  const text = 'Überfällig: 3 < 4 & 5 > 4 ✅'

  test.each([
    ['form', FORM, new URLSearchParams({ channel: '#finance-alerts', text }).toString()],
    ['JSON', JSON_TYPE, JSON.stringify({ channel: '#finance-alerts', text })],
    ['form, by channel id', FORM, new URLSearchParams({ channel: 'C0FINANCE1', text }).toString()],
  ])('as %s is kept and answered', async (_, type, body) => {
    const { answer, events } = await call(
      'chat.postMessage',
      { ...BEARER, 'Content-Type': type },
      body,
    )
    expect(answer).toMatchObject({ ok: true, channel: 'C0FINANCE1', message: { text } })
    expect(answer['ts']).toMatch(/^\d{10}\.\d{6}$/)
    expect(events).toContainEqual(expect.objectContaining({ event: 'message', text }))
  })

  test.each([
    ['channel_not_found', FORM, 'channel=%23nowhere&text=x'],
    ['channel_not_found', FORM, 'text=x'],
    ['no_text', FORM, 'channel=%23general'],
    ['invalid_json', JSON_TYPE, '{"channel"'],
    ['json_not_object', JSON_TYPE, '[1]'],
    ['invalid_post_type', 'text/plain', 'channel=x'],
  ])('%s (%s %s)', async (error, type, body) => {
    const { answer } = await call('chat.postMessage', { ...BEARER, 'Content-Type': type }, body)
    expect(answer).toEqual({ ok: false, error })
  })

  test('another method is not known', async () => {
    const { answer } = await call('users.list', { ...BEARER, 'Content-Type': FORM }, '')
    expect(answer).toEqual({ ok: false, error: 'unknown_method' })
  })
})
