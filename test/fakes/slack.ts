/**
 * Slack, as far as one call tells whether a token works: `POST /api/auth.test`. It answers 200 to a dead
 * token too; the body says. Follows https://docs.slack.dev/reference/methods/auth.test.
 */
import { bearerOf, listen, type Fake } from './listen.ts'

export function slack(valid: readonly string[], error = 'invalid_auth'): Promise<Fake> {
  return listen((request, response) => {
    const known = request.method === 'POST' && request.url === '/api/auth.test'
    const body = !known
      ? { ok: false, error: 'unknown_method' }
      : valid.includes(bearerOf(request))
        ? { ok: true, url: 'https://example.slack.com/', team: 'T', user: 'bot', team_id: 'T0' }
        : { ok: false, error }
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(body))
  })
}
