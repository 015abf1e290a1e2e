-- A dispatch may go on with what another left in its workspace, and may be judged by a command: exit code, score, what it said.
alter table dispatches add column resumes text, add column judgement jsonb;
