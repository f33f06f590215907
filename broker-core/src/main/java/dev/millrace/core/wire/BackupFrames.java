package dev.millrace.core.wire;

import java.util.List;

/** Frames of backups. */
public final class BackupFrames {
    private BackupFrames() {}

    /**
     * Asks for a backup; answered when it is complete, which may take long.
     *
     * @param name null for one made from the time
     */
    public record CreateBackup(String name) implements Frame {
        static CreateBackup read(FieldReader in) {
            return new CreateBackup(in.readString());
        }

        @Override
        public FrameType type() {
            return FrameType.CREATE_BACKUP;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(name);
        }
    }

    /** Asks for the backups that are complete. */
    public record ListBackups() implements Frame {
        static ListBackups read(FieldReader in) {
            return new ListBackups();
        }

        @Override
        public FrameType type() {
            return FrameType.LIST_BACKUPS;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /**
     * A backup.
     *
     * @param path on the broker's machine
     * @param sequence of the last commit in it
     */
    public record BackupInfo(
            String name, String path, String createdAt, String version, long sequence, int files, long bytes) {
        static BackupInfo read(FieldReader in) {
            return new BackupInfo(
                    in.readText(),
                    in.readText(),
                    in.readText(),
                    in.readText(),
                    in.readLong(),
                    in.readInt(),
                    in.readLong());
        }

        static void writeTo(FieldWriter out, BackupInfo value) {
            out.writeString(value.name)
                    .writeString(value.path)
                    .writeString(value.createdAt)
                    .writeString(value.version)
                    .writeLong(value.sequence)
                    .writeInt(value.files)
                    .writeLong(value.bytes);
        }
    }

    /** The backup that was made. */
    public record Backup(BackupInfo backup) implements Frame {
        static Backup read(FieldReader in) {
            return new Backup(BackupInfo.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.BACKUP;
        }

        @Override
        public void write(FieldWriter out) {
            BackupInfo.writeTo(out, backup);
        }
    }

    /** Backups, by name. */
    public record Backups(List<BackupInfo> backups) implements Frame {
        static Backups read(FieldReader in) {
            return new Backups(in.readList(BackupInfo::read));
        }

        @Override
        public FrameType type() {
            return FrameType.BACKUPS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(backups, BackupInfo::writeTo);
        }
    }
}
