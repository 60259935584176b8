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
  "aws-iam": {
    "type": "aws-iam",
    "class": "issued",
    "summary": "The access key of an AWS IAM user (npm install @aws-sdk/client-iam @aws-sdk/client-sts); the ref holds `{\"AccessKeyId\": …, \"SecretAccessKey\": …}` or the lines of one profile of a credentials file.",
    "options": {
      "type": "object",
      "properties": {
        "user": {
          "type": "string",
          "pattern": "^[A-Za-z0-9+=,.@_-]{1,64}$",
          "description": "The name of the IAM user. Needed where another key acts, as \"admin\"; left out: the user whose key acts."
        },
        "region": {
          "type": "string",
          "minLength": 1,
          "default": "us-east-1",
          "description": "A region of the partition that the user is in: it decides which IAM and which STS are asked."
        },
        "endpoint": {
          "type": "string",
          "pattern": "^(?:https:\\/\\/[^/?#@\\s]+|http:\\/\\/(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1\\])(?::\\d{1,5})?)(?:\\/[^?#\\s]*)?$",
          "description": "Where IAM and STS answer, both: https, or http on this machine. Left out: AWS’s own."
        },
        "timeoutMs": {
          "type": "integer",
          "minimum": 1,
          "maximum": 120000,
          "default": 10000,
          "description": "Milliseconds for one question, and for asking it again."
        }
      },
      "additionalProperties": false
    }
  },
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
  "guided": {
    "type": "guided",
    "class": "issued",
    "guided": true,
    "summary": "A credential of any service of the catalogue, made by a person.",
    "options": {
      "type": "object",
      "properties": {
        "service": {
          "type": "string",
          "pattern": "^[a-z0-9][a-z0-9-]{0,63}$",
          "description": "The target in the catalogue that it is a credential of. Left out: the binding’s."
        },
        "unverified": {
          "type": "boolean",
          "default": false,
          "description": "Takes the new one untried, where no call is known by which the service says whether it works."
        }
      },
      "additionalProperties": false
    }
  },
  "mysql": {
    "type": "mysql",
    "class": "chosen",
    "summary": "The password of one MySQL or MariaDB user; the one before is dead at once. The ref holds `mysql://user:password@host:port/database`. Run: npm install mysql2.",
    "options": {
      "type": "object",
      "properties": {
        "userHost": {
          "type": "string",
          "minLength": 1,
          "maxLength": 255,
          "description": "The part after the `@` in the name of a user whose password another one sets, as in `app@%`. Left out: that of the account that the ref’s own value is let in as; where it is not let in, nothing is set."
        },
        "caCert": {
          "type": "string",
          "pattern": "^/",
          "description": "A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number."
        }
      },
      "additionalProperties": false
    }
  },
  "mysql-users": {
    "type": "mysql-users",
    "class": "slots",
    "summary": "Two MySQL or MariaDB users with the same rights, used in turn, so that nobody notices. The ref holds `mysql://user:password@host:port/database`. Run: npm install mysql2.",
    "options": {
      "type": "object",
      "properties": {
        "users": {
          "type": "array",
          "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128
          },
          "minItems": 2,
          "maxItems": 2,
          "description": "Both, in any order."
        },
        "userHost": {
          "type": "string",
          "minLength": 1,
          "maxLength": 255,
          "description": "The part after the `@` in the name of a user whose password another one sets, as in `app@%`. Left out: that of the account that the ref’s own value is let in as; where it is not let in, nothing is set."
        },
        "caCert": {
          "type": "string",
          "pattern": "^/",
          "description": "A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number."
        }
      },
      "required": [
        "users"
      ],
      "additionalProperties": false
    }
  },
  "postgres": {
    "type": "postgres",
    "class": "chosen",
    "summary": "The password of one PostgreSQL user; the one before is dead at once. The ref holds `postgresql://user:password@host:port/database`. Run: npm install pg.",
    "options": {
      "type": "object",
      "properties": {
        "caCert": {
          "type": "string",
          "pattern": "^/",
          "description": "A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number."
        }
      },
      "additionalProperties": false
    }
  },
  "postgres-users": {
    "type": "postgres-users",
    "class": "slots",
    "summary": "Two PostgreSQL users with the same rights, used in turn, so that nobody notices. The ref holds `postgresql://user:password@host:port/database`. Run: npm install pg.",
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
          "pattern": "^/",
          "description": "A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number."
        }
      },
      "required": [
        "users"
      ],
      "additionalProperties": false
    }
  },
  "rabbitmq": {
    "type": "rabbitmq",
    "class": "chosen",
    "summary": "The password of one RabbitMQ user; the one before is dead at once for new connections. The ref holds `amqp://user:password@host:port/vhost`, or `amqps:`, or a URL of the management API.",
    "options": {
      "type": "object",
      "properties": {
        "management": {
          "type": "string",
          "pattern": "^https?://",
          "description": "Where the management API answers: https, or http to a loopback address by its number."
        },
        "caCert": {
          "type": "string",
          "pattern": "^/",
          "description": "A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number."
        }
      },
      "required": [
        "management"
      ],
      "additionalProperties": false
    }
  },
  "redis": {
    "type": "redis",
    "class": "slots",
    "summary": "A second password of one Redis ACL user, beside the old one until that is retired. The ref holds `redis://user:password@host:port`, or `rediss:`. Run: npm install @redis/client.",
    "options": {
      "type": "object",
      "properties": {
        "persist": {
          "type": "string",
          "enum": [
            "aclfile",
            "config",
            "none"
          ],
          "default": "aclfile",
          "description": "Where the server keeps its users: `aclfile` (ACL SAVE), `config` (CONFIG REWRITE), or `none`, where a restart forgets what was set."
        },
        "caCert": {
          "type": "string",
          "pattern": "^/",
          "description": "A PEM file of the CA that the server’s certificate is checked by; absolute path. Left out: Node’s own, and no TLS on a loopback address by its number."
        }
      },
      "additionalProperties": false
    }
  },
  "stripe": {
    "type": "stripe",
    "class": "issued",
    "guided": true,
    "targets": [
      "stripe-secret-key",
      "stripe-restricted-key"
    ],
    "summary": "A secret or restricted key of Stripe, made by a person in its dashboard.",
    "options": {
      "type": "object",
      "properties": {},
      "additionalProperties": false
    }
  }
}
