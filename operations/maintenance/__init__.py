"""Going through whole tables, slowly, to mend what no event mends: sweeps, compaction, reindexing."""
