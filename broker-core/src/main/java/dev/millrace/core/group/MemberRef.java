package dev.millrace.core.group;

/** Names a member of a group. */
public record MemberRef(String group, String memberId) {}
