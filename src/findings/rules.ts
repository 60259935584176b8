/** What each code means and what to do about it, for those who see a finding outside of our own output. */
import type { FindingCode, Severity } from './types.ts'

export interface RuleText {
  /** A few words, as a title. */
  title: string
  /** What to do, in whole sentences. */
  help: string
  level: Severity
}

/** `level` is what is usual; a finding carries its own. */
export const RULE_TEXTS: Readonly<Record<FindingCode, RuleText>> = {
  'unused-ref': {
    title: 'A ref that nothing uses',
    help: 'Remove it from the config, and its value from the store once nobody else reads it.',
    level: 'warning',
  },
  'unknown-ref': {
    title: 'A binding to a ref that is not known',
    help: 'Define the ref, or correct its name in the binding.',
    level: 'error',
  },
  unresolved: {
    title: 'A ref that could not be resolved',
    help: 'Check the provider and the place that the ref points to; what depends on this value was not checked.',
    level: 'error',
  },
  'not-listed': {
    title: 'A store that could not be listed',
    help: 'Nothing is said about what else it holds. No right to list is needed for a run.',
    level: 'note',
  },
  'hardcoded-credential': {
    title: 'A credential written into a file',
    help: 'Replace it at its service, store the new value with `secretref secrets set`, and put a reference in its place.',
    level: 'error',
  },
  'deprecated-ref': {
    title: 'A ref that is deprecated',
    help: 'Move what uses it to its successor before its date.',
    level: 'warning',
  },
  'deprecation-passed': {
    title: 'A ref whose deprecation date has passed',
    help: 'Move what uses it to its successor and remove it.',
    level: 'error',
  },
  expired: {
    title: 'A credential that has expired',
    help: 'Make a new one at its service and store it.',
    level: 'error',
  },
  expiring: {
    title: 'A credential that expires soon',
    help: 'Make a new one at its service and store it before that date.',
    level: 'warning',
  },
  'no-expiry': {
    title: 'A credential without an expiry',
    help: 'State `expiresAt`, or use a kind of credential that ends by itself.',
    level: 'note',
  },
  'not-rotated': {
    title: 'A credential that was not replaced for long',
    help: 'Replace it with `secretref secrets rotate --ref`, or state `rotate` in its entry: then that is done by itself.',
    level: 'warning',
  },
  'rotation-overdue': {
    title: 'A rotation that is due and was not done',
    help: 'See what it waits for with `secretref secrets rotate --dry-run`; let a gateway or a line of cron look after it.',
    level: 'warning',
  },
  'rotation-stuck': {
    title: 'A rotation that is left to a person',
    help: 'Do what `secretref secrets rotation status` says of it: most go on by `resume`.',
    level: 'error',
  },
  'plaintext-in-production': {
    title: 'A ref of production that can come from plaintext',
    help: 'Take the provider out of its chain, start without `--secrets-provider`, or keep the value in an encrypted one (store, vault and the like).',
    level: 'error',
  },
  'shared-value': {
    title: 'One value under several refs',
    help: 'Give each use a credential of its own, so that one can be revoked without the other.',
    level: 'warning',
  },
  'shared-across-environments': {
    title: 'One value in several environments',
    help: 'Give each environment a credential of its own: a test must not be able to act in production.',
    level: 'error',
  },
  'format-mismatch': {
    title: 'A value that does not have the form of its service',
    help: 'Check whether another credential was stored under this name.',
    level: 'warning',
  },
  'target-mismatch': {
    title: 'A credential for another service than its tool',
    help: 'Check the binding, or state `service` in it.',
    level: 'warning',
  },
  'weak-permissions': {
    title: 'A file that others can reach',
    help: 'Take the rights of group and others away, from the file or from a folder above it.',
    level: 'error',
  },
  'foreign-owner': {
    title: 'A file that belongs to somebody else',
    help: 'Make it yours, or move what is yours elsewhere.',
    level: 'error',
  },
  'uncovered-binding': {
    title: 'A binding that no capability covers',
    help: 'Add the tool to the agent’s capabilities, or remove the binding.',
    level: 'warning',
  },
  'idle-agent': {
    title: 'An agent that nobody runs',
    help: 'Remove it and its bindings, or take its credentials back until it is needed.',
    level: 'note',
  },
  credential: {
    title: 'A credential in a file',
    help: 'Replace it at its service, store the new value with `secretref secrets set`, and put a reference in its place.',
    level: 'error',
  },
  'known-value': {
    title: 'The value of a ref in a file',
    help: 'Remove it from the file, replace it at its service, and store the new value with `secretref secrets set`.',
    level: 'error',
  },
  skipped: {
    title: 'A file that was not searched',
    help: 'Search it with other means where it may hold a credential.',
    level: 'note',
  },
  unreadable: {
    title: 'A file that could not be read',
    help: 'Run as somebody who may read it.',
    level: 'error',
  },
}
