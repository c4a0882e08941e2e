// Written by `deno task generate` from kinds/. Do not edit.
// deno-fmt-ignore-file
import { freezeDeep } from "./build_hookspec.ts";
import type { Hookspec } from "./hookspec.ts";

/** The built-in kind `tool`, as `kinds/tool/v1.yaml` describes it. */
export const TOOL_HOOKSPEC: Hookspec = freezeDeep<Hookspec>({
  "kind": "tool",
  "kind_api_version": "1.0.0",
  "description": "Offers functions, each with a schema of its arguments. Agents list them, models call them, and an MCP server serves them.",
  "hooks": [
    {
      "name": "get_schema",
      "dispatch": "broadcast_collect",
      "description": "Lists the functions that the plugin offers, each with the JSON Schema of its arguments.",
      "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "Nothing is passed.",
        "type": "object",
        "properties": {},
        "additionalProperties": false
      },
      "output_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The functions that the plugin offers.",
        "type": "array",
        "items": {
          "$ref": "#/$defs/function_schema"
        },
        "$defs": {
          "function_schema": {
            "type": "object",
            "properties": {
              "name": {
                "description": "What it is called by, in snake_case. No other function of the plugin has it.",
                "type": "string",
                "pattern": "^[a-z][a-z0-9_]*$"
              },
              "description": {
                "type": "string",
                "description": "What it does, for whoever chooses among functions."
              },
              "parameters": {
                "description": "A JSON Schema of its arguments.",
                "type": "object"
              }
            },
            "required": [
              "name",
              "description",
              "parameters"
            ],
            "additionalProperties": false
          }
        }
      },
      "error_policy": "fail_fast",
      "optional": false,
      "mcp_exposed": false,
      "mcp_tool_name_template": "{kind}.{plugin}.{hook}"
    },
    {
      "name": "execute",
      "dispatch": "singleton",
      "description": "Runs one function. Its arguments are checked against the schema that get_schema lists for it before the plugin is asked; exactly one plugin answers.",
      "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "A call of one function.",
        "type": "object",
        "properties": {
          "function": {
            "type": "string",
            "description": "Its name, as get_schema lists it."
          },
          "args": {
            "description": "Its arguments. They are checked against its own schema before the plugin is asked.",
            "type": "object"
          }
        },
        "required": [
          "function",
          "args"
        ],
        "additionalProperties": false
      },
      "output_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "What the function came to. Further fields are the function's own.",
        "type": "object",
        "properties": {
          "result": {
            "description": "What it answers."
          },
          "is_error": {
            "description": "Whether the call failed.",
            "type": "boolean",
            "default": false
          },
          "error_message": {
            "type": "string",
            "description": "What went wrong, for people, when is_error is true."
          }
        },
        "required": [
          "result"
        ]
      },
      "optional": false,
      "mcp_exposed": true,
      "mcp_tool_name_template": "{kind}.{plugin}.{hook}.{function}"
    }
  ]
});

/** The built-in kind `orchestrator`, as `kinds/orchestrator/v1.yaml` describes it. */
export const ORCHESTRATOR_HOOKSPEC: Hookspec = freezeDeep<Hookspec>({
  "kind": "orchestrator",
  "kind_api_version": "1.0.0",
  "description": "Runs units of work for other plugins: queues them, tells how they stand, resumes them from their checkpoints and runs them again. A host has one of them, in its own process, where the state of the units is.",
  "constraints": {
    "in_process_only": true,
    "singleton_per_runtime": true
  },
  "hooks": [
    {
      "name": "enqueue",
      "dispatch": "singleton",
      "description": "Takes in a unit of work. The same idempotency_key is the same unit, however often it is sent.",
      "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "A unit of work to run.",
        "type": "object",
        "properties": {
          "plugin_name": {
            "type": "string",
            "description": "The plugin that does the work, as in its manifest."
          },
          "args": {
            "description": "What it is called with.",
            "type": "object"
          },
          "idempotency_key": {
            "type": "string",
            "description": "Units with the same key are one unit."
          },
          "partition_key": {
            "type": "string",
            "description": "Units of one partition run one at a time, in order."
          }
        },
        "required": [
          "plugin_name",
          "args"
        ],
        "additionalProperties": false
      },
      "output_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The unit that stands for it.",
        "type": "object",
        "properties": {
          "unit_id": {
            "type": "string",
            "description": "What the unit is asked about by."
          },
          "deduplicated": {
            "description": "Whether it was there already.",
            "type": "boolean"
          }
        },
        "required": [
          "unit_id",
          "deduplicated"
        ],
        "additionalProperties": false
      },
      "optional": false,
      "mcp_exposed": false,
      "mcp_tool_name_template": "{kind}.{plugin}.{hook}"
    },
    {
      "name": "status",
      "dispatch": "singleton",
      "description": "Says how a unit stands.",
      "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The unit that is asked about.",
        "type": "object",
        "properties": {
          "unit_id": {
            "type": "string",
            "description": "As enqueue gave it."
          }
        },
        "required": [
          "unit_id"
        ],
        "additionalProperties": false
      },
      "output_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "How a unit stands.",
        "type": "object",
        "properties": {
          "unit_id": {
            "type": "string",
            "description": "The unit."
          },
          "state": {
            "description": "The last three and succeeded are final.",
            "type": "string",
            "enum": [
              "queued",
              "running",
              "succeeded",
              "failed",
              "cancelled",
              "expired"
            ]
          },
          "started_at": {
            "description": "When it began to run.",
            "type": "string",
            "format": "date-time"
          },
          "finished_at": {
            "description": "When it came to its end.",
            "type": "string",
            "format": "date-time"
          },
          "progress": {
            "description": "How far it is, as the unit itself reports.",
            "type": "object"
          },
          "error": {
            "type": "string",
            "description": "Why it failed."
          }
        },
        "required": [
          "unit_id",
          "state"
        ],
        "additionalProperties": false
      },
      "optional": false,
      "mcp_exposed": false,
      "mcp_tool_name_template": "{kind}.{plugin}.{hook}"
    },
    {
      "name": "backfill",
      "dispatch": "singleton",
      "description": "Runs units again that failed or expired, chosen by plugin, partition, time and state.",
      "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "Which units to run again; each field narrows the choice.",
        "type": "object",
        "properties": {
          "plugin_name": {
            "type": "string",
            "description": "Only those of this plugin."
          },
          "partition_key": {
            "type": "string",
            "description": "Only those of this partition."
          },
          "since": {
            "description": "Only those from then on.",
            "type": "string",
            "format": "date-time"
          },
          "until": {
            "description": "Only those until then.",
            "type": "string",
            "format": "date-time"
          },
          "states": {
            "description": "Only those in one of these states.",
            "type": "array",
            "items": {
              "enum": [
                "failed",
                "expired",
                "cancelled"
              ]
            },
            "default": [
              "failed",
              "expired"
            ]
          }
        },
        "additionalProperties": false
      },
      "output_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "What came of it.",
        "type": "object",
        "properties": {
          "enqueued_count": {
            "description": "How many will run again.",
            "type": "integer",
            "minimum": 0
          },
          "skipped_count": {
            "description": "How many were left as they are.",
            "type": "integer",
            "minimum": 0
          }
        },
        "required": [
          "enqueued_count"
        ],
        "additionalProperties": false
      },
      "optional": false,
      "mcp_exposed": false,
      "mcp_tool_name_template": "{kind}.{plugin}.{hook}"
    }
  ]
});
