/**
 * The part of the SARIF 2.1.0 schema that we write, after sarif-schema-2.1.0.json (errata 01): its
 * properties, types, bounds and required fields. Everything else is refused here, also where the
 * schema has more.
 */
import { z } from 'zod'

const text = z.strictObject({ text: z.string().min(1) })
const level = z.enum(['none', 'note', 'warning', 'error'])
const index = z.int().min(0)

const artifactLocation = z.strictObject({
  /** RFC 3986, relative or absolute; of a relative one no `..` (3.4.3). */
  uri: z
    .string()
    .regex(/^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$/)
    .optional(),
  uriBaseId: z.string().optional(),
  description: text.optional(),
})

const location = z.strictObject({
  physicalLocation: z
    .strictObject({
      artifactLocation: artifactLocation.required({ uri: true }),
      region: z
        .strictObject({
          startLine: z.int().min(1),
          startColumn: z.int().min(1).optional(),
        })
        .optional(),
    })
    .optional(),
  logicalLocations: z.array(z.strictObject({ fullyQualifiedName: z.string() })).optional(),
})

const descriptor = z.strictObject({
  id: z.string(),
  name: z.string(),
  shortDescription: text,
  fullDescription: text,
  help: text,
  defaultConfiguration: z.strictObject({ level }),
  properties: z.strictObject({ tags: z.array(z.string()) }),
})

export const sarifLog = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({
            name: z.string(),
            semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
            rules: z.array(descriptor),
            notifications: z.array(descriptor),
          }),
        }),
        originalUriBaseIds: z.record(z.string(), artifactLocation),
        columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
        invocations: z
          .array(
            z.strictObject({
              executionSuccessful: z.boolean(),
              toolExecutionNotifications: z.array(
                z.strictObject({
                  descriptor: z.strictObject({ id: z.string(), index }),
                  level,
                  message: text,
                  locations: z.array(location),
                }),
              ),
            }),
          )
          .length(1),
        results: z.array(
          z.strictObject({
            ruleId: z.string(),
            ruleIndex: index,
            level,
            message: text,
            locations: z.array(location),
            partialFingerprints: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
          }),
        ),
      }),
    )
    .length(1),
})
