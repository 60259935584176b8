/**
 * What Slack says instead of taking a message, sorted by what helps. Only what is wrong with the message
 * itself is final: no repeat can mend that. A token may be replaced and a bot invited, so these are tried
 * again; and so is a word that is not listed here, as nobody can say that it will not pass.
 *
 * docs.slack.dev/reference/methods/chat.postMessage, "Errors", and for incoming webhooks
 * api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
 */
import type { Sent } from '../../gateway/alert/words.ts'

const CREDENTIAL = [
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'access_denied',
  'accesslimited',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'team_access_not_granted',
  'two_factor_setup_required',
  'action_prohibited',
  'invalid_token',
]
const DESTINATION = [
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'channel_is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_non_threadable_channel',
  'no_service',
]
const MESSAGE = [
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
  'invalid_payload',
  'invalid_arguments',
  'invalid_arg_name',
  'invalid_array_arg',
  'invalid_charset',
  'invalid_form_data',
  'invalid_json',
  'invalid_post_type',
  'json_not_object',
  'missing_post_type',
]
const BUSY = ['ratelimited', 'rate_limited', 'message_limit_exceeded']
const SERVER = [
  'fatal_error',
  'internal_error',
  'org_login_required',
  'request_timeout',
  'rollup_error',
  'service_unavailable',
  'team_added_to_org',
]

const KNOWN: ReadonlyMap<string, Sent> = new Map([
  ...each(CREDENTIAL, { kind: 'refused', reason: 'credential' }),
  ...each(DESTINATION, { kind: 'refused', reason: 'destination' }),
  ...each(MESSAGE, { kind: 'refused', reason: 'message' }),
  ...each(BUSY, { kind: 'unavailable', reason: 'busy' }),
  ...each(SERVER, { kind: 'unavailable', reason: 'server' }),
])

function each(words: readonly string[], sent: Sent): [string, Sent][] {
  return words.map((word) => [word, sent])
}

/** @param word as Slack sent it; it is only looked up, and shown to nobody */
export function slackSaid(word: string): Sent {
  return KNOWN.get(word) ?? { kind: 'unavailable', reason: 'unclear' }
}
