/** The two official SDKs, pointed at the real services or at others, and their failures in words. */
import { ErrorCode, LogLevel, WebAPIPlatformError, WebClient } from '@slack/web-api'
import { Stripe } from 'stripe'

/** A failure whose sentence is fit to be shown. */
export class Refusal extends Error {}

export function stripeClient(key: string, base: string | undefined): Stripe {
  const options: Stripe.StripeConfig = { maxNetworkRetries: 2, timeout: 20_000, telemetry: false }
  if (!base) return new Stripe(key, options)
  const { protocol, hostname, port } = baseUrl('STRIPE_API_BASE', base)
  return new Stripe(key, {
    ...options,
    host: hostname,
    port: port || (protocol === 'http:' ? '80' : '443'),
    protocol: protocol === 'http:' ? 'http' : 'https',
  })
}

export function slackClient(token: string, base: string | undefined): WebClient {
  return new WebClient(token, {
    ...(base ? { slackApiUrl: new URL('/api/', baseUrl('SLACK_API_BASE', base)).href } : {}),
    timeout: 20_000,
    retryConfig: { retries: 2, minTimeout: 200 },
    allowAbsoluteUrls: false,
    logLevel: LogLevel.ERROR,
  })
}

/** A key may travel in the clear only inside this machine. */
function baseUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:') return url
  if (url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname))
    return url
  throw new Refusal(`${name} has to be an https URL, or http on this machine`)
}

/**
 * One sentence. What a service says of a key may quote a part of it, so only codes are repeated:
 * https://docs.stripe.com/error-codes and https://docs.slack.dev/reference/methods/auth.test#errors
 */
export function failureText(error: unknown): string {
  if (error instanceof Refusal) return error.message
  if (error instanceof Stripe.errors.StripeError) return stripeFailure(error)
  if (error instanceof WebAPIPlatformError) {
    const code = codeIn(error.data.error)
    if (code === undefined) return 'Slack gave no answer that can be used'
    return SLACK_REFUSALS.has(code)
      ? `Slack refused the token in SLACK_BOT_TOKEN (${code})`
      : `Slack answered ${code}`
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === ErrorCode.RequestError) return 'Slack could not be reached'
  if (code === ErrorCode.HTTPError || code === ErrorCode.RateLimitedError)
    return 'Slack gave no answer that can be used'
  if (error instanceof Error && 'syscall' in error)
    return `the report could not be written (${String(code)})`
  // A fault of our own: where it happened, but not its words, which may hold anything.
  const { name, stack } = error instanceof Error ? error : new Error('thrown by a package')
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return [`unexpected ${name}`, ...frames].join('\n')
}

function stripeFailure({ statusCode, code, type }: Stripe.errors.StripeError): string {
  if (statusCode === 401) return 'Stripe refused the key in STRIPE_API_KEY (HTTP 401)'
  if (type === 'StripeConnectionError') return 'Stripe could not be reached'
  if (statusCode === undefined) return 'Stripe gave no answer that can be used'
  const known = codeIn(code)
  return `Stripe answered HTTP ${statusCode}${known === undefined ? '' : ` (${known})`}`
}

function codeIn(text: unknown): string | undefined {
  return typeof text === 'string' && /^[a-z_]{1,64}$/.test(text) ? text : undefined
}

const SLACK_REFUSALS = new Set([
  'account_inactive',
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
])
