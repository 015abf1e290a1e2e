// @modelcontextprotocol/server and /node: the official SDK, which speaks 2026-07-28 and, request by request, 2025.

export { toNodeHandler } from '@modelcontextprotocol/node';
export { CLIENT_INFO_META_KEY, createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
