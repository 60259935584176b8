/** For the tests of both AWS providers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome, Provider } from '../../../src/values/providers/contract.ts'
import { VARIABLES } from '../../../src/values/providers/aws/options.ts'
import { listen, listenSecurely } from '../../fakes/listen.ts'
import { AWS_ENVIRONMENT } from '../../servers/moto.ts'
import { contextOf, expectSafe, only } from './conformance.ts'

/** What a provider is given of the gateway's variables. */
export function awsEnvironment(more: Readonly<Record<string, string>> = {}): Map<string, Buffer> {
  return new Map(
    Object.entries({ ...AWS_ENVIRONMENT, HOME: '/nonexistent', ...more }).map(([name, value]) => [
      name,
      Buffer.from(value),
    ]),
  )
}

/** A value process begins with none of them, and ends with its work; the test's process goes on. */
export function withoutAwsVariables(): void {
  const home = process.env['HOME']
  const forget = (): void => {
    for (const name of VARIABLES) delete process.env[name]
    if (home !== undefined) process.env['HOME'] = home
  }
  forget()
  afterEach(forget)
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'secretref-aws-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

/** What a provider says of its login, without any server. */
export function signsIn(provider: Provider): void {
  const NOWHERE = 'http://127.0.0.1:1'
  const asked = async (
    options: Record<string, unknown>,
    env: Map<string, Buffer>,
  ): Promise<Outcome> => {
    const session = await provider.open({ timeoutMs: 3000, ...options }, contextOf({ env }))
    onTestFinished(() => session.close())
    const outcome = await only(session, { path: 'a' })
    expectSafe(outcome, env.values())
    return outcome
  }

  describe(`${provider.spec.type}: signing in`, () => {
    test('without credentials every ref says so; nobody is asked', async () => {
      const env = awsEnvironment()
      env.delete('AWS_ACCESS_KEY_ID')
      expect(await asked({ endpoint: NOWHERE }, env)).toMatchObject({
        kind: 'malformed',
        reason: 'no-credentials',
      })
    })

    test('without a region it is not known whom to ask', async () => {
      const env = awsEnvironment()
      env.delete('AWS_REGION')
      expect(await asked({}, env)).toMatchObject({ kind: 'malformed', reason: 'no-address' })
    })

    test('an address in the clear that is not this machine is sent nothing, wherever it is written', async () => {
      const env = awsEnvironment({ AWS_ENDPOINT_URL: 'http://aws.example.invalid' })
      expect(await asked({}, env)).toMatchObject({ kind: 'malformed', reason: 'no-address' })
    })

    test.each([
      ['UnrecognizedClientException', 'denied', 'login-denied'],
      ['InvalidSignatureException', 'denied', 'login-denied'],
      ['ExpiredTokenException', 'denied', 'login-denied'],
      ['AccessDeniedException', 'denied', 'not-permitted'],
      ['KMSAccessDeniedException', 'denied', 'not-permitted'],
      ['ThrottlingException', 'unavailable', 'rate-limited'],
      ['KMSThrottlingException', 'unavailable', 'rate-limited'],
      ['SomethingNewException', 'malformed', 'bad-answer'],
    ])('%s is %s', async (name, kind, reason) => {
      const fake = await listen((request, response) => {
        request.resume()
        const body = { __type: name, Message: 'fake-words-of-the-server' }
        response.writeHead(400).end(JSON.stringify(body))
      })
      expect(await asked({ endpoint: fake.url }, awsEnvironment())).toMatchObject({ kind, reason })
    })

    test('a role by a token file: STS is asked, over our own transport; its refusal is final', async () => {
      const file = join(folder(), 'token')
      writeFileSync(file, ['fake', 'web', 'identity'].join('-'))
      const sts = await listen((request, response) => {
        request.resume()
        response
          .writeHead(403)
          .end('<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>')
      })
      const env = awsEnvironment({
        AWS_WEB_IDENTITY_TOKEN_FILE: file,
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/fake',
        AWS_ENDPOINT_URL_STS: sts.url,
      })
      env.delete('AWS_ACCESS_KEY_ID')
      expect(await asked({ endpoint: NOWHERE }, env)).toMatchObject({
        kind: 'denied',
        reason: 'login-denied',
      })
      expect(sts.requests).toHaveLength(1)
      const away = await asked(
        { endpoint: NOWHERE },
        new Map([...env, ['AWS_ENDPOINT_URL_STS', Buffer.from(NOWHERE)]]),
      )
      expect(away).toMatchObject({ kind: 'unavailable', reason: 'unreachable' })
    })

    test('a CA that cannot be read is no reason to trust another', async () => {
      const env = awsEnvironment({ AWS_CA_BUNDLE: '/nonexistent/ca.pem' })
      expect(await asked({ endpoint: NOWHERE }, env)).toMatchObject({
        kind: 'malformed',
        reason: 'io',
        place: 'AWS_CA_BUNDLE',
      })
    })

    test('a CA of one’s own: AWS_CA_BUNDLE', async () => {
      const fake = await listenSecurely((request, response) => {
        request.resume()
        response.writeHead(400).end('{"__type":"AccessDeniedException"}')
      })
      const file = join(folder(), 'ca.pem')
      writeFileSync(file, fake.cert)
      const env = awsEnvironment({ AWS_CA_BUNDLE: file })
      const options = { endpoint: fake.url }
      expect(await asked(options, env)).toMatchObject({ kind: 'denied', reason: 'not-permitted' })
      env.delete('AWS_CA_BUNDLE')
      delete process.env['AWS_CA_BUNDLE']
      expect(await asked(options, env)).toMatchObject({ reason: 'certificate' })
    })

    test('a program of a profile that does not end is waited for until the deadline', async () => {
      const home = folder()
      mkdirSync(join(home, '.aws'))
      const config = '[profile slow]\nregion = eu-central-1\ncredential_process = sleep 5\n'
      writeFileSync(join(home, '.aws/config'), config)
      const options = { endpoint: NOWHERE, profile: 'slow', timeoutMs: 300 }
      const started = performance.now()
      expect(await asked(options, awsEnvironment({ HOME: home }))).toMatchObject({
        kind: 'unavailable',
        code: 'TIMEOUT',
      })
      expect(performance.now() - started).toBeLessThan(2500)
    })

    test('it states the variables of its own client, and where its files lie', () => {
      expect(provider.spec.env({}, [])).toEqual(
        expect.arrayContaining(['AWS_PROFILE', 'AWS_ROLE_ARN', 'AWS_CA_BUNDLE', 'HOME']),
      )
    })
  })
}
