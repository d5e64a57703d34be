#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# java.sh -- a virtual machine that lives on its own SIGSEGV handler, guard pages and safepoints.
#
# fleet: ProcessBuilder storm, 200 StackOverflowErrors, implicit null checks, threads, GC, exits
# packages: openjdk-17-jdk-headless
# names: object 20 libjvm\.so
# shellcheck source=prelude.inc
. "$FLEET/prelude.inc"

cat >Program.java <<'END'
import java.io.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.concurrent.locks.LockSupport;

public class Program {
    static volatile long sink;
    static int depth;
    int field;

    static void down() { depth++; down(); depth++; }

    static long burn(long n) { long s = n; for (int i = 0; i < 1000000; i++) s = s * 31 + i; sink = s; return s; }

    static void overflows() throws Exception {
        AtomicInteger caught = new AtomicInteger();
        for (int t = 0; t < 4; t++) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 50; i++)
                    try { down(); } catch (StackOverflowError e) { caught.incrementAndGet(); }
            });
            thread.start();
            thread.join();
        }
        System.out.println("overflows " + caught);
    }

    static void nulls() {
        int caught = 0;
        Program[] some = { new Program(), null };
        for (int i = 0; i < 3000000; i++)
            try { some[i % 1000 == 7 ? 1 : 0].field++; } catch (NullPointerException e) { caught++; }
        int divided = 0;
        for (int i = 0; i < 100000; i++)
            try { divided += 7 / (i % 10); } catch (ArithmeticException e) { divided--; }
        System.out.println("nulls " + caught + " " + some[0].field + " divisions " + divided);
    }

    static int child(int n) throws Exception {
        Process p = new ProcessBuilder("/bin/sh", "-c", "read x; echo $x$x; exit " + n % 9).redirectErrorStream(true).start();
        try (OutputStream o = p.getOutputStream()) { o.write(("w" + n + "\n").getBytes()); }
        String line = new String(p.getInputStream().readAllBytes()).trim();
        if (!line.equals("w" + n + "w" + n)) System.out.println("child said " + line);
        return p.waitFor();
    }

    static void children() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) { int n = i; all.add(pool.submit(() -> { burn(n); return child(n); })); }
        long sum = 0;
        for (Future<Integer> f : all) sum += f.get();
        pool.shutdown();
        System.out.println("children " + sum);
    }

    static void threads() throws Exception {
        ConcurrentHashMap<Integer, Long> map = new ConcurrentHashMap<>();
        for (int round = 0; round < 10; round++) {
            Thread[] those = new Thread[16];
            for (int i = 0; i < those.length; i++) {
                int n = round * 16 + i;
                (those[i] = new Thread(() -> map.put(n, burn(n)))).start();
            }
            for (Thread t : those) t.join();
        }
        long sum = 0;
        for (long v : map.values()) sum += v;
        System.out.println("threads " + map.size() + " " + sum);
        int early = 0;
        for (int i = 0; i < 30; i++) {
            burn(i);
            long began = System.nanoTime();
            Thread.sleep(20);
            if (System.nanoTime() - began < 20000000L) early++;
        }
        Thread waiting = new Thread(() -> { try { Thread.sleep(60000); System.out.println("never"); }
            catch (InterruptedException e) { System.out.println("interrupted"); } });
        waiting.start();
        waiting.interrupt();
        waiting.join();
        System.out.println("early " + early);
    }

    static void memory() throws Exception {
        List<byte[]> kept = new ArrayList<>();
        long sum = 0;
        for (int i = 0; i < 60000; i++) {
            byte[] b = new byte[4000 + i % 1000];
            b[i % 4000] = (byte) i;
            sum += b[i % 4000];
            if (i % 10 == 0) kept.add(b);
            if (kept.size() > 3000) kept.subList(0, 1500).clear();
        }
        System.gc();
        System.out.println("memory " + sum);
        try { long[][] all = new long[1000][]; for (int i = 0; ; i++) all[i] = new long[20000000]; }
        catch (OutOfMemoryError e) { System.out.println("out of memory"); }
    }

    static void files() throws Exception {
        Path path = Path.of("data");
        for (int i = 0; i < 200; i++) Files.writeString(path, "line " + i + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        System.out.println("files " + Files.readAllLines(path).size());
        Files.delete(path);
    }

    public static void main(String[] arguments) throws Exception {
        overflows();
        nulls();
        threads();
        children();
        memory();
        files();
        overflows();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("shutdown hook")));
        Thread daemon = new Thread(() -> { while (true) burn(1); });
        daemon.setDaemon(true);
        daemon.start();
        if (arguments.length > 0) { LockSupport.parkNanos(Long.MAX_VALUE); Thread.sleep(60000); }
        System.exit(42);
    }
}
END
javac -d . Program.java
started=$(date +%s.%N)
for options in "-Xss180k -Xmx256m" "-Xcheck:jni -Xss1m -Xmx200m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"; do
	got=0
	# shellcheck disable=SC2086
	"$under" java $options -XX:ErrorFile="$PWD/error" -cp . Program 2>&1 || got=$?
	echo "$options: status $got"
done
rate "$(echo "1 / ($(date +%s.%N) - $started)" | bc -l)"
# One that waits ends at SIGTERM by way of its hooks.
"$under" java -Xss300k -Xmx200m -cp . Program wait >waiting 2>&1 &
java=$!
waits() { [ "$(grep -c '^overflows' waiting)" = 2 ]; }
until_true 60 waits || echo "does not come to wait"
kill -QUIT $java
sleep 0.5
kill -TERM $java
ends "asked to end" $java
grep -v -E '^\s|"|^$|Full thread dump|^[0-9]|Heap|JNI|[Pp]rocess|region|class space|Metaspace|^_|^0x|^}' waiting
rm -f waiting
