/**
 * What a person may write, in zod: the source of the editor's JSON Schema, of the fast checker
 * (`check.generated.ts`), of the reference in docs/configuration.md and of every explanation. Loaded
 * only to explain a mistake or to generate; a good config never waits for zod.
 */
import { z } from 'zod'
import { ALERT_EVENTS, SEVERITIES } from '../alerts/types.ts'
import {
  DATE,
  DURATION,
  ENDPOINT,
  ENVIRONMENT,
  NAME,
  ON_CHANGE,
  PROVIDER,
  SLACK_CHANNEL,
  TEXT,
  VARIABLE,
} from './names.ts'
import { ROTATION_DRIVERS } from './drivers.generated.ts'
import { PROVIDER_OPTIONS, PROVIDER_SUMMARIES } from './providers.generated.ts'

/** The driver of what no driver is named for. */
const BY_A_PERSON = 'guided'

const name = z.string().regex(NAME)
const provider = z.string().regex(PROVIDER)
const environment = z.string().regex(ENVIRONMENT)
const variable = z.string().regex(VARIABLE)
const text = z.string().regex(TEXT)
const date = z.string().regex(DATE)
const duration = z.string().regex(DURATION)

const expiresAt = date
  .optional()
  .describe('When the value ends; the earliest of all that are stated counts. Past: not delivered.')
const deprecationDate = date.optional().describe('From then on the ref is reported as deprecated.')
const note = z.string().optional().describe('Shown beside the ref in an audit.')
const field = text.optional().describe('A key inside what `path` names.')
const version = text.optional().describe("The provider's own name of one version.")

const chainEntry = z
  .union([
    provider,
    z.strictObject({
      provider: provider.describe('Name of the provider.'),
      path: text.optional().describe('A location in this provider.'),
      target: text.optional().describe('The key inside this provider.'),
      field,
      version,
    }),
  ])
  .meta({ id: 'chainEntry' })
const chain = z.union([provider, z.array(chainEntry).min(1)]).meta({ id: 'chain' })
const fallbackOn = z
  .array(z.enum(['unavailable', 'not-found']))
  .min(1)
  .optional()
  .describe('What lets the chain go on to its next provider. Left out: `["unavailable"]`.')

const resilience = z
  .strictObject({
    maxStale: duration.describe(
      'In an outage the last good value may be delivered for this long: `15m`, `2h`.',
    ),
  })
  .optional()
  .describe('Opts in to the last good value, kept encrypted, where the provider does not answer.')

/** What a config says of every rotation, whoever does it. */
const rotationFields = {
  before: duration.optional().describe('So long before its end a value is due: `7d`.'),
  every: duration.optional().describe('At this age a value is due: `90d`.'),
  window: text
    .optional()
    .describe(
      'When the schedule may begin: days, hours and a time zone, as `Sun 02:00-05:00 Europe/Berlin`. Left out: at any time.',
    ),
  grace: duration
    .optional()
    .describe(
      'So long the old value lives on, where its service lets it. Left out: until no run holds it, a day at most.',
    ),
  admin: z
    .strictObject({ secretRef: name.describe('The ref.') })
    .optional()
    .describe('The credential by which the driver acts. Left out: the one that it replaces.'),
}

/** An object schema with the options of a driver, and when it works, beside them. */
function rotationEntry(driver: string, required: boolean): z.ZodObject {
  const options = z.fromJSONSchema(ROTATION_DRIVERS[driver]?.options ?? { type: 'object' })
  if (!(options instanceof z.ZodObject))
    throw new TypeError(`the options of ${driver} are no object`)
  const literal = z.literal(driver).describe('How it is replaced.')
  return z
    .strictObject({
      ...options.shape,
      driver: required
        ? literal
        : literal
            .optional()
            .describe('How it is replaced. Left out: the driver of its service, else by a person.'),
      ...rotationFields,
    })
    .describe(ROTATION_DRIVERS[driver]?.summary ?? '')
}

const rotate = z
  .discriminatedUnion('driver', [
    rotationEntry(BY_A_PERSON, false),
    ...Object.keys(ROTATION_DRIVERS)
      .filter((driver) => driver !== BY_A_PERSON)
      .map((driver) => rotationEntry(driver, true)),
  ])
  .meta({ id: 'rotate' })

const refFields = {
  provider: chain.describe('A provider, or a chain of them in the order they are asked.'),
  target: text.optional().describe('The key inside the provider.'),
  path: text
    .optional()
    .describe('A location in the provider; for a file provider, a file that holds one raw value.'),
  field,
  version,
  required: z
    .boolean()
    .optional()
    .describe('True: whoever binds this ref cannot start without it.'),
  expiresAt,
  deprecationDate,
  note,
  fallbackOn,
  resilience,
  rotate: rotate.optional().describe('How and when the value is replaced by another one.'),
}
const refEntry = z.strictObject(refFields).meta({ id: 'refEntry' })
const environmentRefEntry = z
  .strictObject({
    ...refFields,
    allowPlaintext: z
      .boolean()
      .optional()
      .describe(
        'True: in the environment `production` a plaintext `file` or `env` may be the first provider.',
      ),
  })
  .meta({ id: 'environmentRefEntry' })

const service = text
  .optional()
  .describe(
    'The target: a name or id of the catalogue (`secretref targets list`). Left out: inferred.',
  )

const credential = z
  .strictObject({
    secretRef: name.describe('The ref: a name that stands for a value.'),
    envVar: variable
      .optional()
      .describe('The variable that receives the value. Left out: the ref in UPPER_SNAKE.'),
    delivery: z
      .enum(['env', 'file'])
      .optional()
      .describe('`file`: a private file, its path in `<envVar>_FILE`. Left out: `env`.'),
    pathInEnvVar: z
      .boolean()
      .optional()
      .describe('With `"delivery": "file"`: the path stands in `envVar` too.'),
    service,
    expiresAt,
    deprecationDate,
    note,
  })
  .meta({ id: 'credential' })

const authProfile = z.strictObject({
  required: z.boolean().optional().describe('True: without this tool the agent does not start.'),
  'on-failure': z
    .enum(['deny-and-log', 'deny-and-alert'])
    .optional()
    .describe('What a failure leaves behind. Left out: `deny-and-log`.'),
})

const toolBinding = z.strictObject({
  required: z
    .boolean()
    .optional()
    .describe('True: without its credentials the agent does not start.'),
  service,
  credentials: z.record(name, credential).describe('The credential slots of this tool.'),
})

const agentFields = {
  name: z.string().optional().describe('A display name.'),
  description: z.string().optional().describe('What the agent is for.'),
  runtime: z
    .enum(['agent', 'subagent'])
    .optional()
    .describe('`subagent`: usually started by another agent. Says nothing about who may.'),
  capabilities: z
    .array(name)
    .optional()
    .describe('Where it is there, only tools that it lists receive credentials.'),
  'auth-profiles': z
    .record(name, authProfile)
    .optional()
    .describe('Per tool: whether it is required, and what a failure does.'),
  'tool-bindings': z
    .record(name, toolBinding)
    .optional()
    .describe("The agent's tools and the credentials each receives. Nothing else is delivered."),
  command: z
    .array(text)
    .min(1)
    .optional()
    .describe('The program and its arguments. Never a value.'),
  cwd: text.optional().describe('The working folder of the command; relative: to the config.'),
  inheritEnv: z
    .array(variable)
    .optional()
    .describe("Variables that a pristine environment takes over from the gateway's."),
  lockCommand: z.boolean().optional().describe('True: refuses `-- other command` for this agent.'),
  subagents: z.array(name).optional().describe('The agents that this one may start from inside.'),
  schedule: text.optional().describe('A cron expression of five or six fields.'),
  timezone: text.optional().describe('The IANA time zone of the schedule. Left out: UTC.'),
  restart: z
    .enum(['never', 'on-failure', 'always'])
    .optional()
    .describe('What `gateway run` does when the agent ends. Left out: `never`.'),
  refreshEvery: duration
    .optional()
    .describe(
      'How often a running agent’s values are read again. Left out: `5m` with an `onChange` other than `none`, else never.',
    ),
  onChange: z
    .string()
    .regex(ON_CHANGE)
    .optional()
    .describe(
      'What a changed value does to a running agent: `none`, `rewrite` (its files), `signal:HUP` (its files, then the signal) or `restart`. Left out: `none`.',
    ),
  verifyOnFailure: z
    .boolean()
    .optional()
    .describe('True: after a failed run the services are asked whether its credentials work.'),
}
const agent = z.strictObject(agentFields).meta({ id: 'agent' })
const oneAgent = z.strictObject({ id: name.describe('The id of the agent.'), ...agentFields })

/** An object schema with the options of a provider type, and `type` among them. */
function providerEntry(type: string, required: boolean): z.ZodObject {
  const options = z.fromJSONSchema(PROVIDER_OPTIONS[type] ?? {})
  if (!(options instanceof z.ZodObject)) throw new TypeError(`the options of ${type} are no object`)
  const literal = z
    .literal(type)
    .describe(required ? 'What this provider is.' : 'May be left out: the key says it.')
  return z
    .strictObject({
      type: required ? literal : literal.optional(),
      ...options.shape,
      resilience,
    })
    .describe(PROVIDER_SUMMARIES[type] ?? '')
}

const types = Object.keys(PROVIDER_OPTIONS)
const known = Object.fromEntries(
  types.map((type) => [type, providerEntry(type, false).optional()] as const),
)
const [firstNamed, ...otherNamed] = types.map((type) => providerEntry(type, true))
if (firstNamed === undefined) throw new TypeError('there is no provider type')
const named = z
  .discriminatedUnion('type', [firstNamed, ...otherNamed])
  .describe('A provider under a name of your own; `type` says what it is.')

const target = z.strictObject({
  baseUrl: text
    .optional()
    .describe('Where the service is asked instead: https, or http to a loopback address.'),
  settings: z
    .record(variable, text)
    .optional()
    .describe('What a call needs beside the credential and is no secret, by variable.'),
})

const environmentEntry = z.strictObject({
  secrets: z
    .record(name, environmentRefEntry)
    .optional()
    .describe('Where each ref lies in this environment.'),
  inherit: z
    .boolean()
    .optional()
    .describe(
      'True: a ref that is not listed here is found by refMap and active-provider, a target by targets.',
    ),
  targets: z
    .record(name, target)
    .optional()
    .describe('Targets by id, in this environment: servers of your own, and test servers.'),
})

const gateway = z.strictObject({
  environment: environment.optional().describe('The environment that this gateway serves.'),
  secrets: z
    .strictObject({
      refMap: z.record(name, refEntry).optional().describe('Where each ref lies.'),
      'active-provider': provider
        .optional()
        .describe('The provider of every ref that no entry places.'),
      fallback: chain.optional().describe('Providers that are asked after the first one.'),
      fallbackOn,
    })
    .optional()
    .describe('Where refs lie, in the environment that this gateway serves.'),
})

const secret = z.strictObject({ secretRef: name.describe('The ref.') })
const slackChannel = z.string().regex(SLACK_CHANNEL)

const alerts = z.strictObject({
  slack: z
    .strictObject({
      token: secret.optional().describe("A bot's token, which may post to `channel`."),
      webhook: secret
        .optional()
        .describe('An incoming webhook in place of a bot; its whole address is a secret.'),
      channel: slackChannel.optional().describe('`#finance-alerts`, or a channel’s id.'),
    })
    .optional()
    .describe('Slack: a bot, or an incoming webhook.'),
  webhooks: z
    .record(
      provider,
      z.strictObject({
        url: z.string().regex(ENDPOINT).describe('https, or http to a loopback address.'),
        secret: secret.describe('What each alert is signed with, in the Standard Webhooks way.'),
      }),
    )
    .optional()
    .describe('Receivers of your own, by name.'),
  commands: z
    .record(
      provider,
      z.strictObject({
        command: z
          .array(text)
          .min(1)
          .describe(
            'An absolute program and its arguments; it reads the alert as JSON from stdin.',
          ),
      }),
    )
    .optional()
    .describe('Programs that are given each alert, by name.'),
  routes: z
    .array(
      z.strictObject({
        events: z
          .array(z.enum(ALERT_EVENTS))
          .min(1)
          .optional()
          .describe('Which alerts. Left out: all.'),
        severity: z.enum(SEVERITIES).optional().describe('From which on. Left out: `warning`.'),
        environments: z
          .array(environment)
          .min(1)
          .optional()
          .describe('In which environments. Left out: all.'),
        to: z
          .array(text)
          .min(1)
          .describe('`slack`, `#channel`, `webhook:NAME` and `command:NAME`.'),
      }),
    )
    .min(1)
    .optional()
    .describe(
      'Which alerts go where; every route that fits counts. Left out: from `warning` on to all.',
    ),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds the schema of this file.'),
  secrets: z
    .strictObject({
      providers: z.object(known).catchall(named).optional().describe('Where values live.'),
    })
    .optional()
    .describe('The providers.'),
  agent: oneAgent.optional().describe('The one agent of this config.'),
  agents: z.record(name, agent).optional().describe('Agents by id.'),
  environments: z
    .record(environment, environmentEntry)
    .optional()
    .describe('Environments by name.'),
  targets: z
    .record(name, target)
    .optional()
    .describe(
      'Targets by id: servers of your own, and test servers. In the environment that the gateway serves.',
    ),
  alerts: alerts.optional().describe('Who is told when a credential needs somebody.'),
  openclaw: z
    .strictObject({ gateway: gateway.optional().describe('The gateway that serves this config.') })
    .optional()
    .describe('The gateway.'),
})
