"""Channels of any depth, addressed by their path of slugs.

Owns `channels`, `channel_groups`, `channel_group_sources`. That they stay a tree, that only
leaves hold contents, and that a channel's groups are its own and those of all active channels
below it, is held by triggers, so no writer can break it.
"""
