-- What is forgotten of subjects is found by when something was last told of them.
create index event_subjects_written_at on event_subjects (written_at);
