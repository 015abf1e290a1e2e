#!/usr/bin/env bash
# Installs the agents that src/daemon/agents/real-agents.parts.test.ts and test/stories/55-agents-by-mcp run, and the inspector of
# MCP, at the versions they were written for, into the directory given. The tests find them by AGENT_CLIS=DIRECTORY, and skip
# those that are not there.
set -euo pipefail
directory=$1
npm install --no-audit --no-fund --prefix "$directory" \
  @anthropic-ai/claude-code@2.1.332 @openai/codex@0.171.0 @google/gemini-cli@0.61.0 @xai-official/grok@1.0.41 \
  @modelcontextprotocol/inspector@2.12.0
# npm may have left the install scripts out; these two only put a binary in its place
(cd "$directory/node_modules/@anthropic-ai/claude-code" && node install.cjs)
(cd "$directory/node_modules/@xai-official/grok" && node bin/postinstall.js)
