/**
 * GitHub, as far as one call tells whether a token works: `GET /user`, with the end of the token in a
 * header. 403 says nothing of a token: it is also the answer to a request without a user agent, and to one
 * too many. Follows https://docs.github.com/en/rest/users/users#get-the-authenticated-user,
 * https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api and
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api.
 */
import { bearerOf, listen, type Fake } from './listen.ts'

export interface GithubTokens {
  valid?: readonly string[]
  /** Alive, and one request too many. */
  limited?: readonly string[]
  /** `2026-12-24 19:07:53 UTC` */
  expiration?: string
}

export function github({ valid = [], limited = [], expiration }: GithubTokens): Promise<Fake> {
  return listen((request, response) => {
    const token = bearerOf(request)
    const send = (status: number, body: object, headers: Record<string, string> = {}): void => {
      const type = { 'content-type': 'application/json; charset=utf-8' }
      response.writeHead(status, { ...type, ...headers }).end(JSON.stringify(body))
    }
    if (request.headers['user-agent'] === undefined) {
      response.writeHead(403).end('Request forbidden by administrative rules.')
    } else if (request.method !== 'GET' || request.url !== '/user') {
      send(404, { message: 'Not Found', status: '404' })
    } else if (limited.includes(token)) {
      send(403, { message: 'API rate limit exceeded for user ID 1.', status: '403' })
    } else if (valid.includes(token)) {
      const name = 'github-authentication-token-expiration'
      send(200, { login: 'octocat' }, expiration === undefined ? {} : { [name]: expiration })
    } else send(401, { message: 'Bad credentials', status: '401' })
  })
}
