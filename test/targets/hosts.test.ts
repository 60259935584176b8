import { describe, expect, test } from 'vitest'
import { hostFits, hostMatches } from '../../src/targets/hosts.ts'

describe('a host of the catalogue', () => {
  test.each([
    ['api.stripe.com', 'api.stripe.com'],
    ['*.zendesk.com', 'acme.zendesk.com'],
    ['*.my.salesforce.com', 'acme--dev.sandbox.my.salesforce.com'],
    ['api-*.sendbird.com', 'api-0f3a.sendbird.com'],
    ['bedrock.*.amazonaws.com', 'bedrock.eu-west-1.amazonaws.com'],
  ])('%s stands for %s', (name, host) => {
    expect(hostMatches(name, host)).toBe(true)
  })

  test.each([
    ['api.stripe.com', 'api.stripe.com.evil.example'],
    ['api.stripe.com', 'evil.example'],
    ['api.stripe.com', 'apixstripe.com'],
    ['api.stripe.com', 'api.stripe.com.'],
    ['*.zendesk.com', 'zendesk.com'],
    ['*.zendesk.com', '.zendesk.com'],
    ['*.zendesk.com', 'evilzendesk.com'],
    ['*.zendesk.com', 'acme.zendesk.com.evil.example'],
    ['*.zendesk.com', 'a/b.zendesk.com'],
    ['*.zendesk.com', 'evil.example#.zendesk.com'],
    ['*.zendesk.com', 'user@acme.zendesk.com'],
    ['*.zendesk.com', 'acme.zendesk.com:8443'],
    ['*.zendesk.com', 'evil.example\n.zendesk.com'],
    ['*.zendesk.com', `${'a.'.repeat(140)}zendesk.com`],
    ['api-*.sendbird.com', 'api-a.b.sendbird.com'],
    ['api-*.sendbird.com', 'api-.evil.sendbird.com'],
  ])('%s does not stand for %j', (name, host) => {
    expect(hostMatches(name, host)).toBe(false)
  })

  test('one with a hole is any that fills it in', () => {
    expect(hostFits('{shop}.myshopify.com', 'acme.myshopify.com')).toBe(true)
    expect(hostFits('api-{SENDBIRD_APP_ID}.sendbird.com', 'api-0f3a.sendbird.com')).toBe(true)
    expect(hostFits('{shop}.myshopify.com', 'myshopify.com')).toBe(false)
    expect(hostFits('{shop}.myshopify.com', 'acme.myshopify.com.evil.example')).toBe(false)
    expect(hostFits('{shop}.myshopify.com', '{shop}.myshopify.com')).toBe(false)
  })
})
