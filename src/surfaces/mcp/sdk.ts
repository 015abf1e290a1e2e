// @modelcontextprotocol/server and /node: the official SDK, which speaks 2026-07-28 and, request by request, 2025.

export { toNodeHandler } from '@modelcontextprotocol/node';
export { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
