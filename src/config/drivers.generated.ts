// Made by scripts/generate/drivers.ts from the specs in src/values/rotator/drivers. Do not edit.
import type { DriverClass } from '../rotation/types.ts'

interface Described {
  type: string
  /** `stated`: the config says it, as the option `class`. */
  class: DriverClass | 'stated'
  summary: string
  /** A person brings the new value. */
  guided?: true
  /** Ids of the targets that it is for, where a config names no driver. */
  targets?: readonly string[]
  /** JSON Schema of its options. */
  options: Readonly<Record<string, unknown>>
}

/** Rotation drivers by name. */
export const ROTATION_DRIVERS: Readonly<Record<string, Described>> = {
  "exec": {
    "type": "exec",
    "class": "stated",
    "summary": "A program of yours, started once for each step.",
    "options": {
      "type": "object",
      "properties": {
        "class": {
          "type": "string",
          "enum": [
            "chosen",
            "issued",
            "slots",
            "roll"
          ],
          "description": "How the service lets a credential be replaced."
        },
        "command": {
          "type": "string",
          "pattern": "^/",
          "description": "Absolute path of the program."
        },
        "args": {
          "type": "array",
          "items": {
            "type": "string",
            "maxLength": 1024
          },
          "maxItems": 128
        },
        "timeoutMs": {
          "type": "integer",
          "minimum": 1,
          "maximum": 120000,
          "default": 30000,
          "description": "Milliseconds for one step."
        },
        "env": {
          "type": "object",
          "propertyNames": {
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"
          },
          "additionalProperties": {
            "type": "string"
          }
        }
      },
      "required": [
        "class",
        "command"
      ],
      "additionalProperties": false
    }
  },
  "generate": {
    "type": "generate",
    "class": "chosen",
    "summary": "A random value of our own choice, that no service has to be told.",
    "options": {
      "type": "object",
      "properties": {
        "length": {
          "type": "integer",
          "minimum": 16,
          "maximum": 1024,
          "default": 43,
          "description": "Characters."
        },
        "alphabet": {
          "type": "string",
          "enum": [
            "alphanumeric",
            "hex",
            "base64url"
          ],
          "default": "alphanumeric",
          "description": "Of which characters."
        }
      },
      "additionalProperties": false
    }
  },
  "postgres": {
    "type": "postgres",
    "class": "chosen",
    "summary": "The password of one PostgreSQL user; the ref holds a URL.",
    "options": {
      "type": "object",
      "properties": {
        "caCert": {
          "type": "string",
          "minLength": 1,
          "description": "A PEM file of the CA that the server’s certificate is checked by. Left out: no TLS."
        }
      },
      "additionalProperties": false
    }
  },
  "postgres-users": {
    "type": "postgres-users",
    "class": "slots",
    "summary": "Two PostgreSQL users with the same rights, used in turn; the ref holds a URL.",
    "options": {
      "type": "object",
      "properties": {
        "users": {
          "type": "array",
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 63
          },
          "minItems": 2,
          "maxItems": 2,
          "description": "Both, in any order."
        },
        "caCert": {
          "type": "string",
          "minLength": 1,
          "description": "A PEM file of the CA that the server’s certificate is checked by. Left out: no TLS."
        }
      },
      "required": [
        "users"
      ],
      "additionalProperties": false
    }
  }
}
