/** The form of the catalogue's files: src/targets/types.ts, closed and checked. */
import { z } from 'zod'
import { HOST } from '../../../src/targets/hosts.ts'
import { VERDICTS } from '../../../src/targets/types.ts'

const word = z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
/** Shown on a terminal as it is. */
const text = z.string().regex(/^[^\p{C}]{1,1200}$/u)
const variable = z.string().regex(/^[A-Z][A-Za-z0-9_]{1,63}$/)
const confidence = z.enum(['seen', 'known'])
const yes = z.literal(true)

const url = z.strictObject({
  url: z.string().regex(/^https:\/\/[a-z0-9.-]+(?:\/[^\s]*)?$/),
  confidence,
})

const pattern = z.strictObject({
  regex: z.string(),
  strength: z.enum(['prefixed', 'shape']),
  // Runs are written as `x{24}`: what looks like a credential has no place in a repository.
  example: z.string().regex(/^(?!.*(.)\1{3}).+$/s),
  confidence,
  overlaps: z.array(word).optional(),
})

const condition = z.union([
  z.strictObject({
    pointer: z.string().regex(/^(?:\/[^/~\s]+)+$/),
    is: z.enum(['present', 'absent']),
  }),
  z.strictObject({
    pointer: z.string().regex(/^(?:\/[^/~\s]+)+$/),
    equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  }),
  z.strictObject({ contains: z.string().min(4).max(80) }),
])

const rule = z.strictObject({
  status: z.array(z.int().min(200).max(599)).min(1),
  body: condition.optional(),
  verdict: z.enum(VERDICTS.filter((verdict) => verdict !== 'unreachable')),
})

const verify = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST']),
  host: z
    .string()
    .regex(/^(?:(?:[a-z0-9-]|\{[A-Z][A-Z0-9_]*\}|\{[a-z-]+\})+\.)+[a-z]+$/)
    .optional(),
  elsewhere: z.array(z.string().regex(HOST)).min(1).optional(),
  path: z.string().regex(/^\/(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]|\{[A-Za-z_]+\})*$/),
  headers: z
    .record(z.string().regex(/^[a-z0-9_-]+$/), z.string().regex(/^[\x20-\x7e]+$/))
    .optional(),
  basic: z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .optional(),
  body: z.string().optional(),
  signing: z.enum(['aws-sigv4', 'jwt-rs256', 'jwt-es256', 'service']).optional(),
  rules: z.array(rule).min(1),
  expiryHeader: z
    .string()
    .regex(/^[a-z-]+$/)
    .optional(),
  effect: z.enum(['token', 'quota']).optional(),
  confidence,
  note: text.optional(),
})

const rotate = z.strictObject({
  mode: z.enum([
    'none',
    'create-revoke',
    'in-place',
    'dual-slot',
    'refresh',
    'mint',
    'sql',
    'command',
  ]),
  api: z.boolean(),
  how: text,
  overlap: text,
  needs: text.optional(),
  pitfall: text.optional(),
  optIn: yes.optional(),
  retireApi: yes.optional(),
  selfOnly: yes.optional(),
  preview: yes.optional(),
  note: text.optional(),
  confidence,
})

export const TARGET = z.strictObject({
  id: word,
  service: text,
  category: word,
  kind: word,
  env: z.array(z.strictObject({ name: variable, confidence, usual: yes.optional() })),
  pattern: pattern.optional(),
  hosts: z.array(z.strictObject({ name: z.string().regex(HOST), confidence })),
  selfHosted: yes.optional(),
  auth: z.strictObject({
    type: z.enum(['bearer', 'header', 'basic', 'query', 'aws-sigv4', 'custom']),
    name: text,
    format: text,
    confidence,
  }),
  verify: verify.optional(),
  expiry: z
    .strictObject({
      kind: z.enum(['none', 'fixed', 'header', 'jwt-exp', 'api']),
      how: text,
      confidence,
    })
    .optional(),
  rotate: rotate.optional(),
  docs: url.optional(),
  notes: text.optional(),
  companions: z
    .array(z.strictObject({ name: variable, what: text, secret: z.boolean(), confidence }))
    .optional(),
  openclaw: z.array(text).optional(),
  deprecated: text.optional(),
  confidence,
  sources: z.array(text),
})
