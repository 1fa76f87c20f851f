"""What has been folded of a long journal, kept beside it, so that whoever reads it again begins near what he wants.

A checkpoint is the state after all events before some byte of the journal. The journal alone is the truth: checkpoints
can be thrown away at any time, and one that does not fit the journal, the fold or the reader is passed over.
"""
