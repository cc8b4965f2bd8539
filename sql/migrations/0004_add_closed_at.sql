-- When a quarantined event was resolved: stored after all, by a replay or because it came again, corrected.
-- NULL: it waits, or it was closed before this column was there.
ALTER TABLE quarantine_v1 ADD COLUMN IF NOT EXISTS closed_at Nullable(DateTime64(3, 'UTC'));
