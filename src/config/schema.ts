/**
 * What a person may write, in zod: the source of the editor's JSON Schema, of the fast checker
 * (`check.generated.ts`) and of every explanation. Loaded only to explain a mistake or to generate;
 * a good config never waits for zod.
 */
import { z } from 'zod'
import { ENVIRONMENT, NAME, PROVIDER, VARIABLE } from './names.ts'
import { PROVIDER_OPTIONS } from './providers.generated.ts'

const name = z.string().regex(NAME)
const provider = z.string().regex(PROVIDER)
const environment = z.string().regex(ENVIRONMENT)
const variable = z.string().regex(VARIABLE)
const text = z.string().min(1)
/** RFC 3339 date or date-time; a date alone counts from its first moment in UTC. */
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/)

const chainEntry = z.union([
  provider,
  z.strictObject({
    provider,
    path: text.optional(),
    target: text.optional(),
    field: text.optional(),
    version: text.optional(),
  }),
])
const chain = z.union([provider, z.array(chainEntry).min(1)])
const fallbackOn = z.array(z.enum(['unavailable', 'not-found'])).min(1)

const refEntry = z.strictObject({
  provider: chain,
  target: text.optional().describe('The key inside the provider, as the article writes it.'),
  path: text
    .optional()
    .describe('A location in the provider; for a file provider, a file that holds one raw value.'),
  field: text.optional(),
  version: text.optional(),
  required: z.boolean().optional(),
  expiresAt: date.optional(),
  deprecationDate: date.optional(),
  note: z.string().optional(),
  fallbackOn: fallbackOn.optional(),
})

const credential = z.strictObject({
  secretRef: name,
  envVar: variable.optional().describe('Left out: the ref in UPPER_SNAKE.'),
  delivery: z.enum(['env', 'file']).optional(),
  pathInEnvVar: z
    .boolean()
    .optional()
    .describe('With `"delivery": "file"`: the path stands in envVar too, not only in <envVar>_FILE.'),
  expiresAt: date.optional(),
  deprecationDate: date.optional(),
  note: z.string().optional(),
})

const agentFields = {
  name: z.string().optional(),
  description: z.string().optional(),
  runtime: z.enum(['agent', 'subagent']).optional(),
  capabilities: z.array(name).optional(),
  'auth-profiles': z
    .record(
      name,
      z.strictObject({
        required: z.boolean().optional(),
        'on-failure': z.enum(['deny-and-log', 'deny-and-alert']).optional(),
      }),
    )
    .optional(),
  'tool-bindings': z
    .record(
      name,
      z.strictObject({
        required: z.boolean().optional(),
        service: z.string().optional().describe('The target: the service this tool talks to.'),
        credentials: z.record(name, credential),
      }),
    )
    .optional(),
  command: z.array(text).min(1).optional(),
  cwd: text.optional(),
  inheritEnv: z.array(variable).optional(),
  lockCommand: z.boolean().optional().describe('Refuses `-- other command` for this agent.'),
  subagents: z.array(name).optional().describe('The agents that this one may start from inside.'),
  schedule: text.optional().describe('A cron expression.'),
  timezone: text.optional().describe('An IANA time zone; left out: UTC.'),
  restart: z.enum(['never', 'on-failure', 'always']).optional(),
}

const providerEntries = Object.fromEntries(
  Object.entries(PROVIDER_OPTIONS).map(([type, options]) => [
    type,
    z.strictObject({
      type: z.literal(type).optional(),
      ...(z.fromJSONSchema(options) as z.ZodObject).shape,
    }),
  ]),
)
const namedProvider = z.discriminatedUnion(
  'type',
  Object.entries(PROVIDER_OPTIONS).map(([type, options]) =>
    z.strictObject({
      type: z.literal(type),
      ...(z.fromJSONSchema(options) as z.ZodObject).shape,
    }),
  ) as unknown as [z.ZodObject<{ type: z.ZodLiteral<string> }>],
)

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  secrets: z
    .strictObject({
      providers: z
        .object(
          Object.fromEntries(
            Object.entries(providerEntries).map(([type, entry]) => [type, entry.optional()]),
          ),
        )
        .catchall(namedProvider)
        .optional(),
    })
    .optional(),
  agent: z.strictObject({ id: name, ...agentFields }).optional(),
  agents: z.record(name, z.strictObject(agentFields)).optional(),
  environments: z
    .record(
      environment,
      z.strictObject({
        secrets: z.record(name, refEntry).optional(),
        inherit: z
          .boolean()
          .optional()
          .describe('True: refs that are not listed here come from refMap and active-provider.'),
      }),
    )
    .optional(),
  openclaw: z
    .strictObject({
      gateway: z
        .strictObject({
          environment: environment.optional(),
          secrets: z
            .strictObject({
              refMap: z.record(name, refEntry).optional(),
              'active-provider': provider.optional(),
              fallback: chain.optional(),
              fallbackOn: fallbackOn.optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
})
